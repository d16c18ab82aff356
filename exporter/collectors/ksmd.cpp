// Kernel samepage merging, from /sys/kernel/mm/ksm (the kernel's Documentation/admin-guide/mm/ksm.rst).

#include <array>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct File {
  const char* file;
  const char* metric;
  MetricType type = MetricType::kGauge;
  double divisor = 1;
};
constexpr std::array<File, 9> kFiles{{{"full_scans", "node_ksmd_full_scans_total", MetricType::kCounter},
                                      {"merge_across_nodes", "node_ksmd_merge_across_nodes"},
                                      {"pages_shared", "node_ksmd_pages_shared"},
                                      {"pages_sharing", "node_ksmd_pages_sharing"},
                                      {"pages_to_scan", "node_ksmd_pages_to_scan"},
                                      {"pages_unshared", "node_ksmd_pages_unshared"},
                                      {"pages_volatile", "node_ksmd_pages_volatile"},
                                      {"run", "node_ksmd_run"},
                                      {"sleep_millisecs", "node_ksmd_sleep_seconds", MetricType::kGauge, 1000}}};

class KsmdCollector final : public Collector {
 public:
  explicit KsmdCollector(const CollectorContext& context) : directory_(context.paths.Sys("kernel/mm/ksm")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    for (const File& file : kFiles) {
      const std::string path = JoinPath(directory_, file.file);
      const auto value = procfs::ReadUnsigned(path);
      if (!value) return CollectStatus::Failed("cannot read a number from " + path);
      writer.Single(file.metric, std::string("ksmd '") + file.file + "' file.", file.type,
                    static_cast<double>(*value) / file.divisor);
    }
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
};

TIDEMARK_COLLECTOR(ksmd, {.name = "ksmd", .enabled_by_default = false, .flags = {}, .create = Create<KsmdCollector>});

}  // namespace
}  // namespace tidemark::exporter
