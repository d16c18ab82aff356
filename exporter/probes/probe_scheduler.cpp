#include "exporter/probes/probe_scheduler.h"

#include <algorithm>

#include "exporter/probes/probers.h"

namespace tidemark::exporter::probes {
namespace {

ProbeResult RunProbe(const ProbeConfig& probe, const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  ProbeResult result;
  try {
    switch (probe.prober) {
      case ProbeConfig::Prober::kHttp:
        result = RunHttpProbe(probe, stop);
        break;
      case ProbeConfig::Prober::kTcp:
      case ProbeConfig::Prober::kUnix:
        result = RunStreamProbe(probe, stop);
        break;
      case ProbeConfig::Prober::kDns:
        result = RunDnsProbe(probe, stop);
        break;
      case ProbeConfig::Prober::kIcmp:
        result = RunIcmpProbe(probe, stop);
        break;
    }
  } catch (const std::exception& error) {
    result.success = false;
    result.error = error.what();
  }
  result.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace

ProbeScheduler::ProbeScheduler(std::vector<Entry> entries, const Logger& logger)
    : entries_(std::move(entries)),
      logger_(logger),
      runs_(entries_.size(), Run{.due = Clock::now(), .result = {}, .ended = {}}) {
  for (size_t i = 0; i < std::min(entries_.size(), kMaxThreads); ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
}

ProbeScheduler::~ProbeScheduler() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void ProbeScheduler::Log(const Entry& entry, const std::optional<ProbeResult>& before, const ProbeResult& now) const {
  if (before ? before->success == now.success : now.success) return;
  const std::string prober = ProberName(entry.probe.prober);
  if (now.success) {
    logger_.Info("probe succeeds again",
                 {{"service", entry.service}, {"prober", prober}, {"target", entry.probe.target}});
  } else {
    logger_.Warn("probe failed",
                 {{"service", entry.service}, {"prober", prober}, {"target", entry.probe.target}, {"err", now.error}});
  }
}

void ProbeScheduler::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    Run* next = nullptr;
    for (Run& run : runs_) {
      if (!run.is_running && (next == nullptr || run.due < next->due)) next = &run;
    }
    if (next == nullptr || next->due > Clock::now()) {
      const auto wake = next == nullptr ? Clock::now() + std::chrono::hours(1) : next->due;
      // Another thread may bring back one that is due earlier.
      const uint64_t seen = ended_runs_;
      changed_.wait_until(lock, stop, wake, [&] { return ended_runs_ != seen; });
      continue;
    }
    next->is_running = true;
    const Entry& entry = entries_[static_cast<size_t>(next - runs_.data())];
    lock.unlock();
    ProbeResult result = RunProbe(entry.probe, stop);
    lock.lock();
    next->is_running = false;
    if (stop.stop_requested()) return;
    Log(entry, next->result, result);
    next->result = std::move(result);
    next->ended = Clock::now();
    // Runs that were missed are not made up for.
    const auto interval = std::chrono::milliseconds(entry.probe.interval_ms);
    next->due = std::max(next->due + interval, next->ended);
    ++ended_runs_;
    changed_.notify_all();
  }
}

std::vector<ProbeScheduler::State> ProbeScheduler::States() const {
  const std::lock_guard lock(mutex_);
  std::vector<State> states;
  for (const Run& run : runs_) {
    State& state = states.emplace_back();
    state.result = run.result;
    if (run.result) state.age_seconds = std::chrono::duration<double>(Clock::now() - run.ended).count();
  }
  return states;
}

}  // namespace tidemark::exporter::probes
