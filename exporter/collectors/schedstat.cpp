// Time that CPUs spend running processes and that processes wait for them, from /proc/schedstat (the kernel's
// Documentation/scheduler/sched-stats.rst).

#include <array>
#include <cerrno>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kNanosecondsPerSecond = 1e9;

class SchedstatCollector final : public Collector {
 public:
  explicit SchedstatCollector(const CollectorContext& context) : file_(context.paths.Proc("schedstat")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(file_, 64 << 20, content_);
    if (error == ENOENT) return CollectStatus::NoDriver("the kernel keeps no scheduler statistics: " + file_.path());
    if (error != 0) return CollectStatus::Unreadable(file_.path(), error);
    cpus_.clear();
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view cpu = procfs::NumberAfter(scanner.NextField(), "cpu");
      if (!cpu.empty()) ReadCpu(cpu, scanner);
    }
    Write(writer, "node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.", kRunning,
          kNanosecondsPerSecond);
    Write(writer, "node_schedstat_waiting_seconds_total", "Number of seconds spent by processing waiting for this CPU.",
          kWaiting, kNanosecondsPerSecond);
    Write(writer, "node_schedstat_timeslices_total", "Number of timeslices executed by CPU.", kTimeslices, 1);
    return CollectStatus::Ok();
  }

 private:
  enum Column { kRunning = 6, kWaiting = 7, kTimeslices = 8, kColumns = 9 };
  struct Cpu {
    std::string_view number;
    std::array<double, kColumns> columns{};
  };

  /// Lines with something else than nine numbers are of another version of the format.
  void ReadCpu(std::string_view number, procfs::Scanner& scanner) {
    Cpu cpu{number, {}};
    for (double& column : cpu.columns) {
      const auto value = procfs::ParseUnsigned(scanner.NextField());
      if (!value) return;
      column = static_cast<double>(*value);
    }
    cpus_.push_back(cpu);
  }

  void Write(exposition::Writer& writer, const char* name, const char* help, Column column, double divisor) const {
    if (cpus_.empty()) return;
    writer.Family(name, help, MetricType::kCounter);
    for (const Cpu& cpu : cpus_) writer.Sample({{"cpu", cpu.number}}, cpu.columns[column] / divisor);
  }

  procfs::KernelFile file_;
  std::string content_;
  std::vector<Cpu> cpus_;
};

TIDEMARK_COLLECTOR(
    schedstat, {.name = "schedstat", .enabled_by_default = true, .flags = {}, .create = Create<SchedstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
