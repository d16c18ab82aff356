// How many processes and threads there are and what they do, from /proc/*/stat and /proc/*/task/*/stat (proc(5)).

#include <map>
#include <optional>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

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
    std::map<std::string, double> processes;
    std::map<std::string, double> threads;
    double process_count = 0;
    double thread_count = 0;
    for (const std::string& pid : procfs::Entries(procfs_)) {
      if (procfs::NumberAfter(pid, "").empty()) continue;
      const std::string path = JoinPath(procfs_, pid);
      const auto state = StateOf(JoinPath(path, "stat"));
      if (!state) continue;  // it has ended meanwhile
      ++process_count;
      ++processes[*state];
      for (const std::string& task : procfs::Entries(JoinPath(path, "task"))) {
        const auto task_state = StateOf(JoinPath(path, "task/" + task + "/stat"));
        if (!task_state) continue;
        ++thread_count;
        ++threads[*task_state];
      }
    }
    const auto gauge = [&](const char* name, const char* help, double value) {
      writer.Single(name, help, MetricType::kGauge, value);
    };
    gauge("node_processes_threads", "Allocated threads in system", thread_count);
    const auto threads_max = procfs::ReadInteger(threads_max_path_);
    if (!threads_max) return CollectStatus::Failed("cannot read a number from " + threads_max_path_);
    const auto pid_max = procfs::ReadInteger(pid_max_path_);
    if (!pid_max) return CollectStatus::Failed("cannot read a number from " + pid_max_path_);
    gauge("node_processes_max_threads", "Limit of threads in the system", static_cast<double>(*threads_max));
    gauge("node_processes_pids", "Number of PIDs", process_count);
    gauge("node_processes_max_processes", "Number of max PIDs limit", static_cast<double>(*pid_max));
    WriteStates(writer, "node_processes_state", "Number of processes in each state.", "state", processes);
    WriteStates(writer, "node_processes_threads_state", "Number of threads in each state.", "thread_state", threads);
    return CollectStatus::Ok();
  }

 private:
  /// The letter after the command's name, which is in parentheses and may hold any character.
  std::optional<std::string> StateOf(const std::string& path) {
    if (ReadFile(path, 64 << 10, content_) != 0) return std::nullopt;
    const size_t end = content_.rfind(')');
    if (end == std::string::npos || end + 2 >= content_.size()) return std::nullopt;
    return content_.substr(end + 2, 1);
  }

  static void WriteStates(exposition::Writer& writer, const char* name, const char* help, const char* label,
                          const std::map<std::string, double>& states) {
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
