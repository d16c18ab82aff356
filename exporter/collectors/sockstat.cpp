// Sockets in use by protocol, from /proc/net/sockstat and sockstat6 (proc(5)).

#include <unistd.h>

#include <array>
#include <cerrno>

#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr std::array<std::string_view, 6> kStates{"inuse", "orphan", "tw", "alloc", "mem", "memory"};

class SockstatCollector final : public Collector {
 public:
  explicit SockstatCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads), page_bytes_(static_cast<double>(::sysconf(_SC_PAGESIZE))) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    for (const auto version : {SharedReads::kIpv4, SharedReads::kIpv6}) {
      const std::string& path = shared_reads_->sockets_file(version).path();
      std::string_view content;
      const int error = shared_reads_->ReadSockets(version, content);
      if (error == ENOENT) continue;  // without IPv6 there is no second file
      if (error != 0) return CollectStatus::Unreadable(path, error);
      procfs::Scanner scanner(content);
      while (scanner.NextLine()) {
        if (!WriteLine(scanner, writer)) return CollectStatus::Failed("malformed line in " + path);
      }
    }
    return CollectStatus::Ok();
  }

 private:
  /// "TCP: inuse 35 orphan 0 tw 4 alloc 59 mem 22".
  bool WriteLine(procfs::Scanner& scanner, exposition::Writer& writer) const {
    std::string_view protocol = scanner.NextField();
    protocol.remove_suffix(protocol.ends_with(':') ? 1 : 0);
    bool has_any = false;
    for (auto key = scanner.NextField(); !key.empty(); key = scanner.NextField()) {
      const auto number = procfs::ParseSigned(scanner.NextField());
      if (!number) return false;
      has_any = true;
      const auto value = static_cast<double>(*number);
      if (protocol == "sockets") {
        if (key == "used")
          writer.Single("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", MetricType::kGauge, value);
        continue;
      }
      bool is_known = false;
      for (const std::string_view state : kStates) is_known = is_known || key == state;
      if (!is_known) continue;
      Write(writer, protocol, key, value);
      if (key == "mem") Write(writer, protocol, "mem_bytes", value * page_bytes_);
    }
    return has_any;
  }

  static void Write(exposition::Writer& writer, std::string_view protocol, std::string_view state, double value) {
    writer.JoinedFamily({"node_sockstat_", protocol, "_", state},
                        {"Number of ", protocol, " sockets in state ", state, "."}, MetricType::kGauge);
    writer.Sample({}, value);
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  const double page_bytes_;
};

TIDEMARK_COLLECTOR(sockstat,
                   {.name = "sockstat", .enabled_by_default = true, .flags = {}, .create = Create<SockstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
