// Control group subsystems, from /proc/cgroups (cgroups(7)).

#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

class CgroupsCollector final : public Collector {
 public:
  explicit CgroupsCollector(const CollectorContext& context) : file_(context.paths.Proc("cgroups")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 1 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    struct Subsystem {
      std::string_view name;
      double groups = 0;
      double enabled = 0;
    };
    std::vector<Subsystem> subsystems;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view name = scanner.NextField();
      if (name.empty() || name.starts_with('#')) continue;
      const auto hierarchy = procfs::ParseSigned(scanner.NextField());
      const auto groups = procfs::ParseSigned(scanner.NextField());
      const auto enabled = procfs::ParseSigned(scanner.NextField());
      if (!hierarchy || !groups || !enabled) return CollectStatus::Failed("malformed line in " + file_.path());
      subsystems.push_back({name, static_cast<double>(*groups), static_cast<double>(*enabled)});
    }
    const auto family = [&](const char* name, double Subsystem::*value) {
      // Both have the same help in node_exporter.
      writer.Family(name, "Current cgroup number of the subsystem.", exposition::MetricType::kGauge);
      for (const Subsystem& subsystem : subsystems) writer.Sample({{"subsys_name", subsystem.name}}, subsystem.*value);
    };
    if (subsystems.empty()) return CollectStatus::Ok();
    family("node_cgroups_cgroups", &Subsystem::groups);
    family("node_cgroups_enabled", &Subsystem::enabled);
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(cgroups,
                   {.name = "cgroups", .enabled_by_default = false, .flags = {}, .create = Create<CgroupsCollector>});

}  // namespace
}  // namespace tidemark::exporter
