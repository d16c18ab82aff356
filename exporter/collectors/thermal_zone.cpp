// Temperatures and cooling devices, from /sys/class/thermal (the kernel's Documentation/driver-api/thermal).

#include <cerrno>
#include <string>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kMillidegreesPerDegree = 1000;

class ThermalZoneCollector final : public Collector {
 public:
  explicit ThermalZoneCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads), directory_(context.paths.Sys("class/thermal")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    if (directory_.List(names, shared_reads_->looks_for_drivers()) == ENOENT) return CollectStatus::NoDriver();
    SampleTable samples;
    for (const std::string& name : names) {
      const std::string path = JoinPath(directory_.path(), name);
      if (const auto zone = procfs::NumberAfter(name, "thermal_zone"); !zone.empty()) {
        const auto type = procfs::ReadText(JoinPath(path, "type"));
        const auto millidegrees = procfs::ReadInteger(JoinPath(path, "temp"));
        if (!type || !millidegrees) continue;  // a sensor that sleeps answers with an error
        samples.Add("node_thermal_zone_temp", "Zone temperature in Celsius", MetricType::kGauge,
                    {{"type", *type}, {"zone", std::string(zone)}},
                    static_cast<double>(*millidegrees) / kMillidegreesPerDegree);
      } else if (const auto device = procfs::NumberAfter(name, "cooling_device"); !device.empty()) {
        const auto type = procfs::ReadText(JoinPath(path, "type"));
        const auto current = procfs::ReadInteger(JoinPath(path, "cur_state"));
        const auto maximum = procfs::ReadInteger(JoinPath(path, "max_state"));
        if (!type || !current || !maximum) return CollectStatus::Failed("cannot read " + path);
        const SampleTable::LabelList labels{{"name", std::string(device)}, {"type", *type}};
        samples.Add("node_cooling_device_cur_state", "Current throttle state of the cooling device", MetricType::kGauge,
                    labels, static_cast<double>(*current));
        samples.Add("node_cooling_device_max_state", "Maximum throttle state of the cooling device", MetricType::kGauge,
                    labels, static_cast<double>(*maximum));
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelDirectory directory_;
};

TIDEMARK_COLLECTOR(thermal_zone, {.name = "thermal_zone",
                                  .enabled_by_default = true,
                                  .flags = {},
                                  .create = Create<ThermalZoneCollector>});

}  // namespace
}  // namespace tidemark::exporter
