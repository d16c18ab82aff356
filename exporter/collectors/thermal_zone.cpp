// Temperatures and cooling devices, from /sys/class/thermal (the kernel's Documentation/driver-api/thermal).

#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "common/file.h"
#include "common/text.h"
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
    const int error = directory_.List(names, shared_reads_->looks_for_drivers());
    if (error == ENOENT || (error == 0 && names.empty())) return CollectStatus::NoDriver();
    // Zones are there also when a cooling device fails, and nothing of a kind when one of it does.
    for (const auto add : {&AddZone, &AddCoolingDevice}) {
      SampleTable samples;
      for (const std::string& name : names) {
        if (const std::string failed = add(JoinPath(directory_.path(), name), name, samples); !failed.empty())
          return CollectStatus::Failed("cannot read " + failed);
      }
      samples.Write(writer);
    }
    return CollectStatus::Ok();
  }

 private:
  /// Returns the path that could not be read, or nothing.
  static std::string AddZone(const std::string& path, std::string_view name, SampleTable& samples) {
    const auto zone = procfs::NumberAfter(name, "thermal_zone");
    if (zone.empty()) return "";
    const auto type = procfs::ReadText(JoinPath(path, "type"));
    // node_exporter reads more than it shows.
    if (!type || ::access(JoinPath(path, "policy").c_str(), R_OK) != 0) return path + " with its type and policy";
    std::string text;
    const int error = ReadFile(JoinPath(path, "temp"), 4096, text);
    if (error != 0 && error != ENOENT) return "";  // a sensor that sleeps
    const auto millidegrees = procfs::ParseInteger(Trim(text));
    if (!millidegrees) return JoinPath(path, "temp");
    samples.Add("node_thermal_zone_temp", "Zone temperature in Celsius", MetricType::kGauge,
                {{"type", *type}, {"zone", std::string(zone)}},
                static_cast<double>(*millidegrees) / kMillidegreesPerDegree);
    return "";
  }

  static std::string AddCoolingDevice(const std::string& path, std::string_view name, SampleTable& samples) {
    const auto device = procfs::NumberAfter(name, "cooling_device");
    if (device.empty()) return "";
    const auto type = procfs::ReadText(JoinPath(path, "type"));
    const auto current = procfs::ReadInteger(JoinPath(path, "cur_state"));
    const auto maximum = procfs::ReadInteger(JoinPath(path, "max_state"));
    if (!type || !current || !maximum) return path + " with its type, cur_state and max_state";
    const SampleTable::LabelList labels{{"name", std::string(device)}, {"type", *type}};
    samples.Add("node_cooling_device_cur_state", "Current throttle state of the cooling device", MetricType::kGauge,
                labels, static_cast<double>(*current));
    samples.Add("node_cooling_device_max_state", "Maximum throttle state of the cooling device", MetricType::kGauge,
                labels, static_cast<double>(*maximum));
    return "";
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelDirectory directory_;
};

TIDEMARK_COLLECTOR(thermal_zone, {.name = "thermal_zone",
                                  .enabled_by_default = true,
                                  .flags = {},
                                  .create = Create<ThermalZoneCollector>});

}  // namespace
}  // namespace tidemark::exporter
