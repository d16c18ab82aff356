// Energy that parts of the processor have used, from /sys/class/powercap (the kernel's
// Documentation/power/powercap/powercap.rst).

#include <cerrno>
#include <map>
#include <optional>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kZoneLabel = "collector.rapl.enable-zone-label";
constexpr double kMicrojoulesPerJoule = 1e6;

constexpr FlagSpec kFlags[] = {
    {kZoneLabel, "false", "Give the zone as a label of one metric instead of as part of the metric's name", true},
};

/// A zone's name without the number it may end in ("package-0"), as metric names have it.
std::string MetricPart(std::string_view zone) {
  std::string part;
  for (const char c : zone) {
    const bool is_valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    part += is_valid ? c : '_';
  }
  return part;
}

class RaplCollector final : public Collector {
 public:
  explicit RaplCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("class/powercap")), zone_label_(context.Switch(kZoneLabel)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> entries;
    const int list_error = procfs::ListDirectory(directory_, entries);
    if (list_error == ENOENT) return CollectStatus::NoDriver("no powercap: " + directory_);
    if (list_error != 0) return CollectStatus::NoData("no powercap: " + directory_);
    const std::optional<std::vector<Zone>> zones = ReadZones(entries);
    if (!zones) return CollectStatus::NoData("a zone without max_energy_range_uj in " + directory_);
    SampleTable samples;
    CollectStatus status = AddEnergies(*zones, samples);
    samples.Write(writer);
    return status;
  }

 private:
  struct Zone {
    std::string path;
    std::string name;
    uint64_t index;
  };

  /// None when one has no limit, which node_exporter reads too.
  [[nodiscard]] std::optional<std::vector<Zone>> ReadZones(const std::vector<std::string>& entries) const {
    std::vector<Zone> zones;
    std::map<std::string, uint64_t, std::less<>> next_index;
    for (const std::string& entry : entries) {
      const std::string path = JoinPath(directory_, entry);
      std::optional<std::string> name = procfs::ReadText(JoinPath(path, "name"));
      if (!name) continue;  // the controller itself
      if (!procfs::ReadUnsigned(JoinPath(path, "max_energy_range_uj"))) return std::nullopt;
      // "package-0" has its index; of several zones called "dram" each gets the next one.
      uint64_t index = next_index[*name];
      const size_t dash = name->find('-');
      if (dash != std::string::npos && name->find('-', dash + 1) == std::string::npos) {
        if (const auto number = procfs::ParseUnsigned(std::string_view(*name).substr(dash + 1))) {
          index = *number;
          name->resize(dash);
        }
      }
      next_index[*name] = index + 1;
      zones.push_back({path, *std::move(name), index});
    }
    return zones;
  }

  CollectStatus AddEnergies(const std::vector<Zone>& zones, SampleTable& samples) const {
    for (const Zone& zone : zones) {
      const std::string energy_path = JoinPath(zone.path, "energy_uj");
      std::string content;
      const int error = ReadFile(energy_path, 4096, content);
      if (error == EACCES) return CollectStatus::NoData("not permitted to read " + energy_path);
      const auto microjoules = procfs::ParseUnsigned(Trim(content));
      if (!microjoules) return CollectStatus::Failed("cannot read a number from " + energy_path);
      const double joules = static_cast<double>(*microjoules) / kMicrojoulesPerJoule;
      SampleTable::LabelList labels{{"index", std::to_string(zone.index)}, {"path", zone.path}};
      if (zone_label_) {
        labels.emplace_back("rapl_zone", zone.name);
        samples.Add("node_rapl_joules_total", "Current RAPL value in joules", MetricType::kCounter, labels, joules);
      } else {
        samples.Add("node_rapl_" + MetricPart(zone.name) + "_joules_total",
                    "Current RAPL " + zone.name + " value in joules", MetricType::kCounter, labels, joules);
      }
    }
    return CollectStatus::Ok();
  }

  const std::string directory_;
  const bool zone_label_;
};

TIDEMARK_COLLECTOR(rapl,
                   {.name = "rapl", .enabled_by_default = true, .flags = kFlags, .create = Create<RaplCollector>});

}  // namespace
}  // namespace tidemark::exporter
