// Load averages, from /proc/loadavg (proc(5)).

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

class LoadavgCollector final : public Collector {
 public:
  explicit LoadavgCollector(const CollectorContext& context)
      : file_(context.paths.Proc("loadavg"), procfs::KernelFile::Pieces::kShort) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 4096, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    scanner.NextLine();
    const auto load1 = procfs::ParseDecimal(scanner.NextField());
    const auto load5 = procfs::ParseDecimal(scanner.NextField());
    const auto load15 = procfs::ParseDecimal(scanner.NextField());
    if (!load1 || !load5 || !load15) return CollectStatus::Failed(file_.path() + " does not start with three numbers");
    writer.Single("node_load1", "1m load average.", exposition::MetricType::kGauge, *load1);
    writer.Single("node_load5", "5m load average.", exposition::MetricType::kGauge, *load5);
    writer.Single("node_load15", "15m load average.", exposition::MetricType::kGauge, *load15);
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(loadavg,
                   {.name = "loadavg", .enabled_by_default = true, .flags = {}, .create = Create<LoadavgCollector>});

}  // namespace
}  // namespace tidemark::exporter
