#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/log.h"
#include "exporter/probes/probe_config.h"
#include "exporter/probes/probe_result.h"

namespace tidemark::exporter::probes {

/// Runs probes on their own schedule, on a few threads, so that no scrape waits for one. A probe that hangs takes its
/// timeout; one thread a probe up to kMaxThreads.
class ProbeScheduler {
 public:
  static constexpr size_t kMaxThreads = 16;

  struct Entry {
    std::string service;
    ProbeConfig probe;
  };
  struct State {
    std::optional<ProbeResult> result;  ///< of the newest run
    double age_seconds = 0;             ///< since it ended
  };

  ProbeScheduler(std::vector<Entry> entries, const Logger& logger);
  /// Asks running probes to end, and waits for that.
  ~ProbeScheduler();
  ProbeScheduler(const ProbeScheduler&) = delete;
  ProbeScheduler& operator=(const ProbeScheduler&) = delete;

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// One for each entry.
  [[nodiscard]] std::vector<State> States() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Run {
    Clock::time_point due;
    bool is_running = false;
    std::optional<ProbeResult> result;
    Clock::time_point ended;
  };
  void Work(const std::stop_token& stop);
  void Log(const Entry& entry, const std::optional<ProbeResult>& before, const ProbeResult& now) const;

  const std::vector<Entry> entries_;
  const Logger& logger_;
  mutable std::mutex mutex_;  // guards the next two
  std::vector<Run> runs_;
  uint64_t ended_runs_ = 0;
  std::condition_variable_any changed_;
  std::vector<std::jthread> threads_;
};

}  // namespace tidemark::exporter::probes
