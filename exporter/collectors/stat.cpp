// Kernel activity since boot, from /proc/stat (proc(5)).

#include <array>

#include "exporter/collector.h"
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

constexpr const char* kSoftirq = "collector.stat.softirq";

constexpr FlagSpec kFlags[] = {
    {kSoftirq, "false", "Write node_softirqs_total, the soft interrupts of each vector", true},
};

/// The order of the "softirq" line's numbers after their sum (the kernel's include/linux/interrupt.h).
constexpr std::array<const char*, 10> kVectors{"hi",           "timer",   "net_tx", "net_rx",  "block",
                                               "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

class StatCollector final : public Collector {
 public:
  explicit StatCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads), with_softirqs_(context.Switch(kSoftirq)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const std::string& path = shared_reads_->stat_path();
    std::string_view content;
    if (const int error = shared_reads_->ReadStat(content); error != 0) return CollectStatus::Unreadable(path, error);
    std::array<double, kVectors.size()> softirqs{};
    std::array<double, kFields.size()> values{};  // 0 for what a kernel does not have, as node_exporter writes
    bool found_any = false;
    procfs::Scanner scanner(content);
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (with_softirqs_ && key == "softirq") {
        scanner.NextField();  // their sum
        for (double& count : softirqs) count = procfs::ParseDecimal(scanner.NextField()).value_or(0);
      }
      for (size_t i = 0; i < kFields.size(); ++i) {
        if (key != kFields[i].key) continue;
        const auto value = procfs::ParseUnsigned(scanner.NextField());
        if (!value) return CollectStatus::Failed("malformed line in " + path + ": " + std::string(key));
        values[i] = static_cast<double>(*value);
        found_any = true;
      }
    }
    if (!found_any) return CollectStatus::Failed("no known line in " + path);
    for (size_t i = 0; i < kFields.size(); ++i) {
      writer.Single(kFields[i].metric, kFields[i].help, kFields[i].type, values[i]);
    }
    if (with_softirqs_) {
      writer.Family("node_softirqs_total", "Number of softirq calls.", MetricType::kCounter);
      for (size_t i = 0; i < kVectors.size(); ++i) writer.Sample({{"vector", kVectors[i]}}, softirqs[i]);
    }
    return CollectStatus::Ok();
  }

 private:
  const std::shared_ptr<SharedReads> shared_reads_;
  const bool with_softirqs_;
};

TIDEMARK_COLLECTOR(stat,
                   {.name = "stat", .enabled_by_default = true, .flags = kFlags, .create = Create<StatCollector>});

}  // namespace
}  // namespace tidemark::exporter
