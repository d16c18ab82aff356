#include "analyzer/thresholds/alert_tracker.h"

#include <algorithm>

namespace tidemark::thresholds {

std::vector<Transition> AlertTracker::Step(const Threshold& threshold, int64_t now_ms,
                                           const std::vector<Observation>& observations, const DownTargets& down) {
  std::map<storage::Labels, Reading> readings;
  for (const auto& [labels, reading] : observations) {
    const auto [it, is_new] = readings.try_emplace(labels, reading);
    if (!is_new) it->second = Worse(threshold, it->second, reading);
    alerts_.try_emplace(labels).first->second.labels = labels;
  }
  std::vector<Transition> transitions;
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    Evaluation evaluation;
    if (const auto observed = readings.find(it->first); observed != readings.end()) {
      evaluation.reading = observed->second;
    } else {
      evaluation.target_is_down = down.Contains(it->first);
    }
    if (const std::optional<AlertChange> change = StepAlert(threshold, now_ms, evaluation, it->second))
      transitions.push_back({*change, it->second});
    it = IsKept(threshold, now_ms, it->second) ? std::next(it) : alerts_.erase(it);
  }
  return transitions;
}

void AlertTracker::Remember(const storage::Labels& labels, int64_t time_ms) {
  Alert& alert = alerts_[labels];
  alert.labels = labels;
  alert.last_seen_ms = std::max(alert.last_seen_ms, time_ms);
}

std::vector<Transition> AlertTracker::End(int64_t now_ms) {
  std::vector<Transition> transitions;
  for (auto& [labels, alert] : alerts_) {
    if (!IsActive(alert)) continue;
    const bool firing = alert.state == AlertState::kFiring;
    alert.state = AlertState::kResolved;
    alert.resolved_ms = now_ms;
    transitions.push_back({firing ? AlertChange::kResolved : AlertChange::kCancelled, alert});
  }
  alerts_.clear();
  return transitions;
}

}  // namespace tidemark::thresholds
