#include "analyzer/thresholds/alert_tracker.h"

namespace tidemark::thresholds {

std::vector<Transition> AlertTracker::Step(const Threshold& threshold, int64_t now_ms,
                                           const std::vector<Observation>& observations) {
  std::map<storage::Labels, double> values;
  for (const auto& [labels, value] : observations) {
    const auto [it, is_new] = values.try_emplace(labels, value);
    if (!is_new) it->second = Worse(threshold, it->second, value);
    alerts_.try_emplace(labels).first->second.labels = labels;
  }
  std::vector<Transition> transitions;
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    const auto observed = values.find(it->first);
    const std::optional<AlertChange> change = StepAlert(
        threshold, now_ms, observed == values.end() ? std::nullopt : std::optional(observed->second), it->second);
    if (change) transitions.push_back({*change, it->second});
    it = it->second.state == AlertState::kInactive ? alerts_.erase(it) : std::next(it);
  }
  return transitions;
}

std::vector<Transition> AlertTracker::End(int64_t now_ms) {
  std::vector<Transition> transitions;
  for (auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::kResolved) continue;
    const bool firing = alert.state == AlertState::kFiring;
    alert.state = AlertState::kResolved;
    alert.resolved_ms = now_ms;
    transitions.push_back({firing ? AlertChange::kResolved : AlertChange::kCancelled, alert});
  }
  alerts_.clear();
  return transitions;
}

}  // namespace tidemark::thresholds
