// CPU time by mode, from /proc/stat (proc(5)), thermal throttling and which CPUs are isolated, from
// /sys/devices/system/cpu, and what the CPUs are, from /proc/cpuinfo.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/cpu_info.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

/// USER_HZ: the unit of /proc/stat, 100 on every architecture Linux has today.
constexpr double kTicksPerSecond = 100;
/// An idle counter that falls by more than this comes from a CPU that was replugged; less is kernel jitter.
constexpr double kReplugSeconds = 3;

enum Mode { kUser, kNice, kSystem, kIdle, kIowait, kIrq, kSoftirq, kSteal, kGuest, kGuestNice, kModeCount };

using SecondsByMode = std::array<double, kModeCount>;

struct CpuSeconds {
  std::string cpu;
  SecondsByMode by_mode{};
};

/// Mode labels of node_cpu_seconds_total, by label as node_exporter sorts them.
constexpr std::array<std::pair<Mode, const char*>, 8> kModeLabels{{{kIdle, "idle"},
                                                                   {kIowait, "iowait"},
                                                                   {kIrq, "irq"},
                                                                   {kNice, "nice"},
                                                                   {kSoftirq, "softirq"},
                                                                   {kSteal, "steal"},
                                                                   {kSystem, "system"},
                                                                   {kUser, "user"}}};

/// As many as Linux can be built for (x86's NR_CPUS_RANGE_END).
constexpr uint64_t kMaxCpus = 8192;
/// Of a list of CPUs; far more than there is.
constexpr size_t kMaxListBytes = 1 << 20;

constexpr const char* kInfo = "collector.cpu.info";
constexpr const char* kInfoFlags = "collector.cpu.info.flags-include";
constexpr const char* kInfoBugs = "collector.cpu.info.bugs-include";

constexpr FlagSpec kFlags[] = {
    {"collector.cpu.guest", "true", "Write node_cpu_guest_seconds_total", true},
    {kInfo, "false", "Write node_cpu_info", true},
    {kInfoFlags, "", "Regular expression of the CPU flags to write as node_cpu_flag_info; enables node_cpu_info"},
    {kInfoBugs, "", "Regular expression of the CPU bugs to write as node_cpu_bug_info; enables node_cpu_info"},
};

/// The number a one-number sysfs file holds.
std::optional<uint64_t> ReadNumber(const std::string& path) {
  std::string content;
  if (ReadFile(path, 4096, content) != 0) return std::nullopt;
  return procfs::ParseUnsigned(Trim(content));
}

class CpuCollector final : public Collector {
 public:
  explicit CpuCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads),
        with_guest_(context.Switch("collector.cpu.guest")),
        info_file_(context.paths.Proc("cpuinfo")),
        info_flags_(context.Pattern(kInfoFlags)),
        info_bugs_(context.Pattern(kInfoBugs)),
        with_info_(context.Switch(kInfo) || info_flags_ || info_bugs_),
        isolated_path_(context.paths.Sys("devices/system/cpu/isolated")) {
    // Once, as node_exporter does: the kernel's command line says it.
    std::string list;
    if (ReadFile(isolated_path_, kMaxListBytes, list) == 0) isolated_ = procfs::ParseCpuList(Trim(list));
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    // One file that is malformed costs what it tells and no more.
    CollectStatus status = CollectStatus::Ok();
    if (!isolated_) status = CollectStatus::Failed("malformed list of CPUs in " + isolated_path_);
    if (with_info_) {
      if (const int error = ReadFile(info_file_, 64 << 20, content_); error != 0)
        return CollectStatus::Unreadable(info_file_.path(), error);
      if (!procfs::WriteCpuInfo(content_, info_flags_.get(), info_bugs_.get(), writer))
        status = CollectStatus::Failed("no \"processor\" in " + info_file_.path());
    }
    WriteThrottles(writer);
    WriteIsolated(writer);
    std::string_view stat;
    if (const int error = shared_reads_->ReadStat(stat); error != 0)
      return CollectStatus::Unreadable(shared_reads_->stat_path(), error);
    if (const std::string error = Update(stat); !error.empty()) return CollectStatus::Failed(error);
    if (with_guest_) {
      writer.Family("node_cpu_guest_seconds_total", "Seconds the CPUs spent in guests (VMs) for each mode.",
                    exposition::MetricType::kCounter);
      for (const CpuSeconds& seconds : cpus_) {
        writer.Sample({{"cpu", seconds.cpu}, {"mode", "nice"}}, seconds.by_mode[kGuestNice]);
        writer.Sample({{"cpu", seconds.cpu}, {"mode", "user"}}, seconds.by_mode[kGuest]);
      }
    }
    writer.Family("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", exposition::MetricType::kCounter);
    for (const CpuSeconds& seconds : cpus_) {
      for (const auto& [mode, label] : kModeLabels) {
        writer.Sample({{"cpu", seconds.cpu}, {"mode", label}}, seconds.by_mode[mode]);
      }
    }
    return status;
  }

 private:
  /// Reads the "cpuN" lines into cpus_. Returns what is wrong, or nothing. One that is offline has no line, and zeros
  /// where others come after it, as in node_exporter.
  std::string Update(std::string_view stat) {
    procfs::Scanner scanner(stat);
    now_.clear();
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (!key.starts_with("cpu") || key == "cpu") continue;
      const auto cpu = procfs::ParseUnsigned(key.substr(3));
      if (!cpu || *cpu >= kMaxCpus) return "malformed line in " + shared_reads_->stat_path() + ": " + std::string(key);
      if (*cpu >= now_.size()) now_.resize(*cpu + 1);
      for (double& value : now_[*cpu]) {
        const std::string_view field = scanner.NextField();
        if (field.empty()) break;  // kernels before 2.6.33 write fewer modes
        const auto ticks = procfs::ParseUnsigned(field);
        if (!ticks) return "malformed line in " + shared_reads_->stat_path() + ": " + std::string(key);
        value = static_cast<double>(*ticks) / kTicksPerSecond;
      }
    }
    for (size_t i = cpus_.size(); i < now_.size(); ++i) cpus_.push_back({std::to_string(i), {}});
    cpus_.resize(now_.size());
    for (size_t i = 0; i < now_.size(); ++i) {
      SecondsByMode& kept = cpus_[i].by_mode;
      if (kept[kIdle] - now_[i][kIdle] > kReplugSeconds) kept = {};
      for (size_t mode = 0; mode < kModeCount; ++mode) kept[mode] = std::max(kept[mode], now_[i][mode]);
    }
    return now_.empty() ? "no \"cpuN\" line in " + shared_reads_->stat_path() : "";
  }

  void WriteThrottles(exposition::Writer& writer) {
    if (!has_throttles_ && !shared_reads_->looks_for_drivers()) return;
    has_throttles_ = false;
    std::map<std::pair<uint64_t, uint64_t>, uint64_t> by_core;  // (package, core) -> count
    std::map<uint64_t, uint64_t> by_package;
    for (const std::string& cpu : shared_reads_->Cpus()) {
      if (!shared_reads_->cpu_directory().Has(cpu + "/thermal_throttle")) continue;
      has_throttles_ = true;
      const std::string directory = JoinPath(shared_reads_->cpu_directory().path(), cpu);
      const auto package = ReadNumber(directory + "/topology/physical_package_id");
      const auto core = ReadNumber(directory + "/topology/core_id");
      if (!package || !core) continue;
      if (const auto count = ReadNumber(directory + "/thermal_throttle/core_throttle_count"))
        by_core.try_emplace({*package, *core}, *count);
      if (const auto count = ReadNumber(directory + "/thermal_throttle/package_throttle_count"))
        by_package.try_emplace(*package, *count);
    }
    if (!by_package.empty()) {
      writer.Family("node_cpu_package_throttles_total", "Number of times this CPU package has been throttled.",
                    exposition::MetricType::kCounter);
      for (const auto& [package, count] : by_package) {
        writer.Sample({{"package", std::to_string(package)}}, static_cast<double>(count));
      }
    }
    if (!by_core.empty()) {
      writer.Family("node_cpu_core_throttles_total", "Number of times this CPU core has been throttled.",
                    exposition::MetricType::kCounter);
      for (const auto& [ids, count] : by_core) {
        writer.Sample({{"core", std::to_string(ids.second)}, {"package", std::to_string(ids.first)}},
                      static_cast<double>(count));
      }
    }
  }

  void WriteIsolated(exposition::Writer& writer) const {
    if (!isolated_ || isolated_->empty()) return;
    writer.Family("node_cpu_isolated",
                  "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
                  exposition::MetricType::kGauge);
    for (const uint16_t cpu : *isolated_) writer.Sample({{"cpu", std::to_string(cpu)}}, 1);
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  const bool with_guest_;
  procfs::KernelFile info_file_;
  const std::unique_ptr<RE2> info_flags_;
  const std::unique_ptr<RE2> info_bugs_;
  const bool with_info_;
  const std::string isolated_path_;
  std::optional<std::set<uint16_t>> isolated_ = std::set<uint16_t>();  // empty optional: what the kernel has is no list
  std::string content_;
  std::vector<CpuSeconds> cpus_;
  std::vector<SecondsByMode> now_;
  bool has_throttles_ = false;
};

TIDEMARK_COLLECTOR(cpu, {.name = "cpu", .enabled_by_default = true, .flags = kFlags, .create = Create<CpuCollector>});

}  // namespace
}  // namespace tidemark::exporter
