// Whether SELinux is enabled and enforcing, from selinuxfs and /etc/selinux/config.

#include <cstdint>
#include <optional>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

class SelinuxCollector final : public Collector {
 public:
  explicit SelinuxCollector(const CollectorContext& context) : shared_reads_(context.shared_reads) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    // These are the host's own, wherever --path.sysfs points, as node_exporter has it.
    if (enforcing_ || shared_reads_->looks_for_drivers()) enforcing_ = procfs::ReadInteger("/sys/fs/selinux/enforce");
    const bool enabled = enforcing_ && procfs::ReadText("/proc/self/attr/current").value_or("") != "kernel";
    const auto gauge = [&](const char* name, const char* help, double value) {
      writer.Single(name, help, exposition::MetricType::kGauge, value);
    };
    gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false", enabled ? 1 : 0);
    if (!enabled) return CollectStatus::Ok();
    gauge("node_selinux_config_mode", "Configured SELinux enforcement mode", ConfiguredMode());
    gauge("node_selinux_current_mode", "Current SELinux enforcement mode", static_cast<double>(*enforcing_));
    return CollectStatus::Ok();
  }

 private:
  /// 1 enforcing, 0 permissive, -1 disabled.
  double ConfiguredMode() {
    if (ReadFile("/etc/selinux/config", 64 << 10, content_) != 0) return -1;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view line = Trim(scanner.rest());
      if (line == "SELINUX=enforcing") return 1;
      if (line == "SELINUX=permissive") return 0;
    }
    return -1;
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  std::optional<int64_t> enforcing_;  // none as long as SELinux is not there
  std::string content_;
};

TIDEMARK_COLLECTOR(selinux,
                   {.name = "selinux", .enabled_by_default = true, .flags = {}, .create = Create<SelinuxCollector>});

}  // namespace
}  // namespace tidemark::exporter
