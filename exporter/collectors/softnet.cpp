// Packets that each CPU takes from network interfaces, from /proc/net/softnet_stat (hexadecimal columns of
// net/core/net-procfs.c in the kernel).

#include <array>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

struct Column {
  const char* metric;
  const char* help;
};
constexpr std::array<Column, 3> kColumns{
    {{"node_softnet_processed_total", "Number of processed packets"},
     {"node_softnet_dropped_total", "Number of dropped packets"},
     {"node_softnet_times_squeezed_total", "Number of times processing packets ran out of quota"}}};
constexpr size_t kLeastColumns = 9;

class SoftnetCollector final : public Collector {
 public:
  explicit SoftnetCollector(const CollectorContext& context)
      : file_(context.paths.Proc("net/softnet_stat"), procfs::KernelFile::Pieces::kShort) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    cpus_.clear();
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      std::array<double, kColumns.size()>& cpu = cpus_.emplace_back();
      size_t columns = 0;
      for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField(), ++columns) {
        if (columns >= cpu.size()) continue;
        const auto value = procfs::ParseHexadecimal(field);
        if (!value) return CollectStatus::Failed("no number in " + file_.path());
        cpu[columns] = static_cast<double>(*value);
      }
      if (columns < kLeastColumns) return CollectStatus::Failed("line with too few columns in " + file_.path());
    }
    for (size_t column = 0; column < kColumns.size() && !cpus_.empty(); ++column) {
      writer.Family(kColumns[column].metric, kColumns[column].help, exposition::MetricType::kCounter);
      for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) writer.Sample({{"cpu", std::to_string(cpu)}}, cpus_[cpu][column]);
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
  std::vector<std::array<double, kColumns.size()>> cpus_;
};

TIDEMARK_COLLECTOR(softnet,
                   {.name = "softnet", .enabled_by_default = true, .flags = {}, .create = Create<SoftnetCollector>});

}  // namespace
}  // namespace tidemark::exporter
