// Kernel activity since boot, from /proc/stat (proc(5)).

#include <array>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Field {
  std::string_view key;
  const char* metric;
  const char* help;
  MetricType type;
};

constexpr std::array<Field, 6> kFields{
    {{"intr", "node_intr_total", "Total number of interrupts serviced.", MetricType::kCounter},
     {"ctxt", "node_context_switches_total", "Total number of context switches.", MetricType::kCounter},
     {"processes", "node_forks_total", "Total number of forks.", MetricType::kCounter},
     {"btime", "node_boot_time_seconds", "Node boot time, in unixtime.", MetricType::kGauge},
     {"procs_running", "node_procs_running", "Number of processes in runnable state.", MetricType::kGauge},
     {"procs_blocked", "node_procs_blocked", "Number of processes blocked waiting for I/O to complete.",
      MetricType::kGauge}}};

class StatCollector final : public Collector {
 public:
  explicit StatCollector(const CollectorContext& context) : file_(context.paths.Proc("stat")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    std::array<double, kFields.size()> values{};  // 0 for what a kernel does not have, as node_exporter writes
    bool found_any = false;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      for (size_t i = 0; i < kFields.size(); ++i) {
        if (key != kFields[i].key) continue;
        const auto value = procfs::ParseUnsigned(scanner.NextField());
        if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
        values[i] = static_cast<double>(*value);
        found_any = true;
      }
    }
    if (!found_any) return CollectStatus::Failed("no known line in " + file_.path());
    for (size_t i = 0; i < kFields.size(); ++i) {
      writer.Single(kFields[i].metric, kFields[i].help, kFields[i].type, values[i]);
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(stat, {.name = "stat", .enabled_by_default = true, .flags = {}, .create = Create<StatCollector>});

}  // namespace
}  // namespace tidemark::exporter
