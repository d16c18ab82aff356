// How many processes and threads there are and what they do, from /proc/*/stat and /proc/*/task/*/stat (proc(5)).

#include <cerrno>
#include <map>
#include <optional>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/services/process_usage.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

class ProcessesCollector final : public Collector {
 public:
  explicit ProcessesCollector(const CollectorContext& context)
      : procfs_(context.paths.procfs),
        threads_max_path_(context.paths.Proc("sys/kernel/threads-max")),
        pid_max_path_(context.paths.Proc("sys/kernel/pid_max")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    Counts counts;
    for (const std::string& pid : procfs::Entries(procfs_)) {
      if (procfs::NumberAfter(pid, "").empty()) continue;
      if (const std::string failed = Count(pid, counts); !failed.empty())
        return CollectStatus::Failed("cannot read " + failed);
    }
    const auto gauge = [&](const char* name, const char* help, double value) {
      writer.Single(name, help, MetricType::kGauge, value);
    };
    gauge("node_processes_threads", "Allocated threads in system", counts.threads);
    const auto threads_max = procfs::ReadUnsigned(threads_max_path_);
    if (!threads_max) return CollectStatus::Failed("cannot read a number from " + threads_max_path_);
    gauge("node_processes_max_threads", "Limit of threads in the system", static_cast<double>(*threads_max));
    WriteStates(writer, "node_processes_state", "Number of processes in each state.", "state", counts.process_states);
    WriteStates(writer, "node_processes_threads_state", "Number of threads in each state.", "thread_state",
                counts.thread_states);
    const auto pid_max = procfs::ReadUnsigned(pid_max_path_);
    if (!pid_max) return CollectStatus::Failed("cannot read a number from " + pid_max_path_);
    gauge("node_processes_pids", "Number of PIDs", counts.processes);
    gauge("node_processes_max_processes", "Number of max PIDs limit", static_cast<double>(*pid_max));
    return CollectStatus::Ok();
  }

 private:
  using States = std::map<std::string, double>;
  struct Counts {
    double processes = 0;
    double threads = 0;
    States process_states;
    States thread_states;
  };

  /// Counts a process and its threads. Returns the path that could not be read, or nothing.
  std::string Count(const std::string& pid, Counts& counts) {
    const std::string path = JoinPath(procfs_, pid);
    std::string failed;
    const std::optional<services::ProcessStat> process = ReadStat(JoinPath(path, "stat"), failed);
    if (!process) return failed;
    ++counts.processes;
    counts.threads += process->threads;
    ++counts.process_states[process->state];
    for (const std::string& task : procfs::Entries(JoinPath(path, "task"))) {
      if (procfs::NumberAfter(task, "").empty()) continue;
      // The first thread is the process.
      const auto thread = task == pid ? process : ReadStat(JoinPath(path, "task/" + task + "/stat"), failed);
      if (!failed.empty()) return failed;
      if (thread) ++counts.thread_states[thread->state];
    }
    return "";
  }

  /// None when the process has ended meanwhile, or, with the path in `failed`, when the file cannot be read.
  std::optional<services::ProcessStat> ReadStat(const std::string& path, std::string& failed) {
    const int error = ReadFile(path, 64 << 10, content_);
    if (error == ENOENT || error == ESRCH) return std::nullopt;
    auto stat = error == 0 ? services::ParseProcessStat(content_) : std::nullopt;
    if (!stat) failed = path;
    return stat;
  }

  static void WriteStates(exposition::Writer& writer, const char* name, const char* help, const char* label,
                          const States& states) {
    if (states.empty()) return;
    writer.Family(name, help, MetricType::kGauge);
    for (const auto& [state, count] : states) writer.Sample({{label, state}}, count);
  }

  const std::string procfs_;
  const std::string threads_max_path_;
  const std::string pid_max_path_;
  std::string content_;
};

TIDEMARK_COLLECTOR(
    processes, {.name = "processes", .enabled_by_default = false, .flags = {}, .create = Create<ProcessesCollector>});

}  // namespace
}  // namespace tidemark::exporter
