// Memory of each NUMA node, from /sys/devices/system/node (the kernel's Documentation/ABI/stable/sysfs-devices-node).

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kBytesPerKibibyte = 1024;

/// "Active(anon):" as "Active_anon".
std::string FieldName(std::string_view field) {
  std::string name;
  for (const char c : field) {
    if (c == '(') name += '_';
    if (c != '(' && c != ')' && c != ':') name += c;
  }
  return name;
}

class MeminfoNumaCollector final : public Collector {
 public:
  explicit MeminfoNumaCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("devices/system/node")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    SampleTable samples;
    for (const std::string& name : procfs::Entries(directory_)) {
      const auto node = procfs::NumberAfter(name, "node");
      if (node.empty()) continue;
      const std::string path = JoinPath(directory_, name);
      if (!AddMeminfo(JoinPath(path, "meminfo"), samples))
        return CollectStatus::Failed("cannot read numbers from " + JoinPath(path, "meminfo"));
      if (!AddNumastat(JoinPath(path, "numastat"), std::string(node), samples))
        return CollectStatus::Failed("cannot read numbers from " + JoinPath(path, "numastat"));
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  /// "Node 0 Active(anon):     1516 kB".
  bool AddMeminfo(const std::string& path, SampleTable& samples) {
    if (ReadFile(path, 64 << 10, content_) != 0) return false;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      scanner.NextField();
      const std::string node(scanner.NextField());
      const std::string_view field = scanner.NextField();
      if (field.empty()) continue;
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!value) return false;
      const bool is_kibibytes = scanner.NextField() == "kB";
      Add("node_memory_numa_" + FieldName(field), FieldName(field), MetricType::kGauge, node,
          *value * (is_kibibytes ? kBytesPerKibibyte : 1), samples);
    }
    return true;
  }

  /// "numa_hit 72955921".
  bool AddNumastat(const std::string& path, const std::string& node, SampleTable& samples) {
    if (ReadFile(path, 64 << 10, content_) != 0) return false;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string name = std::string(scanner.NextField()) + "_total";
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!value) return false;
      Add("node_memory_numa_" + name, name, MetricType::kCounter, node, *value, samples);
    }
    return true;
  }

  static void Add(const std::string& family, const std::string& field, MetricType type, const std::string& node,
                  double value, SampleTable& samples) {
    samples.Add(family, "Memory information field " + field + ".", type, {{"node", node}}, value);
  }

  const std::string directory_;
  std::string content_;
};

TIDEMARK_COLLECTOR(meminfo_numa, {.name = "meminfo_numa",
                                  .enabled_by_default = false,
                                  .flags = {},
                                  .create = Create<MeminfoNumaCollector>});

}  // namespace
}  // namespace tidemark::exporter
