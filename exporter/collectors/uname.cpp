// Operating system and host name, from uname(2).

#include <sys/utsname.h>

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"

namespace tidemark::exporter {
namespace {

class UnameCollector final : public Collector {
 public:
  explicit UnameCollector(const CollectorContext& /*context*/) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    utsname info{};
    if (::uname(&info) != 0) return CollectStatus::Failed("uname: " + ErrnoText(errno));
    writer.Family("node_uname_info", "Labeled system information as provided by the uname system call.",
                  exposition::MetricType::kGauge);
    writer.Sample({{"domainname", info.domainname},
                   {"machine", info.machine},
                   {"nodename", info.nodename},
                   {"release", info.release},
                   {"sysname", info.sysname},
                   {"version", info.version}},
                  1);
    return CollectStatus::Ok();
  }
};

TIDEMARK_COLLECTOR(uname, {.name = "uname", .enabled_by_default = true, .flags = {}, .create = Create<UnameCollector>});

}  // namespace
}  // namespace tidemark::exporter
