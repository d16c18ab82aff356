// Pressure stall information, from /proc/pressure (the kernel's Documentation/accounting/psi.rst).

#include "exporter/procfs/pressure.h"

#include <array>
#include <cerrno>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"

namespace tidemark::exporter {
namespace {

struct Resource {
  const char* file;
  const char* waiting_metric;
  const char* waiting_help;
  const char* stalled_metric;  // null: the kernel has no system-wide "full" line that means anything
  const char* stalled_help;
};

constexpr std::array<Resource, 3> kResources{
    {{"cpu", "node_pressure_cpu_waiting_seconds_total", "Total time in seconds that processes have waited for CPU time",
      nullptr, nullptr},
     {"io", "node_pressure_io_waiting_seconds_total",
      "Total time in seconds that processes have waited due to IO congestion", "node_pressure_io_stalled_seconds_total",
      "Total time in seconds no process could make progress due to IO congestion"},
     {"memory", "node_pressure_memory_waiting_seconds_total",
      "Total time in seconds that processes have waited for memory", "node_pressure_memory_stalled_seconds_total",
      "Total time in seconds no process could make progress due to memory congestion"}}};

class PressureCollector final : public Collector {
 public:
  explicit PressureCollector(const CollectorContext& context) {
    for (const Resource& resource : kResources)
      files_.emplace_back(context.paths.Proc(std::string("pressure/") + resource.file),
                          procfs::KernelFile::Pieces::kOne);
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    for (size_t i = 0; i < files_.size(); ++i) {
      const Resource& resource = kResources[i];
      const std::string& path = files_[i].path();
      const int error = ReadFile(files_[i], 4096, content_);
      if (error == ENOENT) return CollectStatus::NoData("no pressure information: needs Linux 4.20 with CONFIG_PSI");
      if (error == ENOTSUP) return CollectStatus::NoData("pressure information is disabled: boot with psi=1");
      if (error != 0) return CollectStatus::Unreadable(path, error);
      const auto waiting = procfs::PressureTotalSeconds(content_, "some");
      if (!waiting) return CollectStatus::Failed("no \"some … total=\" in " + path);
      writer.Single(resource.waiting_metric, resource.waiting_help, exposition::MetricType::kCounter, *waiting);
      if (resource.stalled_metric == nullptr) continue;
      const auto stalled = procfs::PressureTotalSeconds(content_, "full");
      if (!stalled) return CollectStatus::Failed("no \"full … total=\" in " + path);
      writer.Single(resource.stalled_metric, resource.stalled_help, exposition::MetricType::kCounter, *stalled);
    }
    return CollectStatus::Ok();
  }

 private:
  std::vector<procfs::KernelFile> files_;  // in the order of kResources
  std::string content_;
};

TIDEMARK_COLLECTOR(pressure,
                   {.name = "pressure", .enabled_by_default = true, .flags = {}, .create = Create<PressureCollector>});

}  // namespace
}  // namespace tidemark::exporter
