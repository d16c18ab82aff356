#include "analyzer/thresholds/alert_tracker.h"

#include <array>
#include <set>

namespace tidemark::thresholds {
namespace {

constexpr std::array<const char*, 3> kStateNames{"pending", "firing", "resolved"};

/// The limit a value must pass on its way back before a level ends.
double ClearLimit(const Threshold& threshold, double limit) {
  switch (threshold.op) {
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      return limit - threshold.clear_margin;
    case Operator::kLess:
    case Operator::kLessOrEqual:
      return limit + threshold.clear_margin;
    default:
      return limit;
  }
}

}  // namespace

const char* StateName(AlertState state) { return kStateNames[static_cast<size_t>(state)]; }

std::optional<AlertState> StateFromName(std::string_view name) {
  for (size_t i = 0; i < kStateNames.size(); ++i) {
    if (name == kStateNames[i]) return static_cast<AlertState>(i);
  }
  return std::nullopt;
}

const char* KindName(Transition::Kind kind) {
  constexpr std::array<const char*, 6> kNames{"pending", "firing", "escalated", "deescalated", "resolved", "cancelled"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<Level> AlertTracker::BreachedLevel(const Threshold& threshold, double value, const Alert* alert) {
  const bool firing = alert != nullptr && alert->state == AlertState::kFiring;
  for (size_t i = kLevelCount; i-- > 0;) {
    if (!threshold.levels[i]) continue;
    const auto level = static_cast<Level>(i);
    const bool held = firing && level <= alert->level;
    if (Breaches(value, threshold.op, held ? ClearLimit(threshold, *threshold.levels[i]) : *threshold.levels[i]))
      return level;
  }
  return std::nullopt;
}

void AlertTracker::StepBreached(const Threshold& threshold, int64_t now_ms, Level level, const Observation& observation,
                                std::vector<Transition>& transitions) {
  const auto [it, is_new] = alerts_.try_emplace(observation.labels);
  Alert& alert = it->second;
  if (is_new || alert.state == AlertState::kResolved) {
    alert = {.labels = observation.labels,
             .state = AlertState::kPending,
             .level = level,
             .value = observation.value,
             .active_since_ms = now_ms,
             .level_since_ms = now_ms,
             .last_active_ms = now_ms};
    if (threshold.for_ms > 0) transitions.push_back({Transition::Kind::kPending, alert});
  }
  const Level before = alert.level;
  alert.value = observation.value;
  alert.last_active_ms = now_ms;
  if (level != before) {
    alert.level = level;
    alert.level_since_ms = now_ms;
  }
  if (alert.state == AlertState::kPending) {
    if (now_ms - alert.active_since_ms < threshold.for_ms) return;
    alert.state = AlertState::kFiring;
    alert.firing_since_ms = now_ms;
    transitions.push_back({Transition::Kind::kFiring, alert});
  } else if (level != before) {
    transitions.push_back({level > before ? Transition::Kind::kEscalated : Transition::Kind::kDeescalated, alert});
  }
}

bool AlertTracker::StepClear(const Threshold& threshold, int64_t now_ms, Alert& alert,
                             std::vector<Transition>& transitions) {
  switch (alert.state) {
    case AlertState::kPending:
      transitions.push_back({Transition::Kind::kCancelled, alert});
      return true;
    case AlertState::kFiring:
      if (threshold.keep_firing_for_ms > 0 && now_ms - alert.last_active_ms < threshold.keep_firing_for_ms)
        return false;
      alert.state = AlertState::kResolved;
      alert.resolved_ms = now_ms;
      transitions.push_back({Transition::Kind::kResolved, alert});
      return false;
    case AlertState::kResolved:
      return now_ms - alert.resolved_ms >= kResolvedKeptMs;
  }
  return true;
}

std::vector<Transition> AlertTracker::Step(const Threshold& threshold, int64_t now_ms,
                                           const std::vector<Observation>& observations) {
  std::vector<Transition> transitions;
  std::set<storage::Labels> breached;
  for (const Observation& observation : observations) {
    const auto it = alerts_.find(observation.labels);
    Alert* alert = it == alerts_.end() ? nullptr : &it->second;
    if (alert != nullptr && alert->state != AlertState::kResolved) alert->value = observation.value;
    const std::optional<Level> level = BreachedLevel(threshold, observation.value, alert);
    if (!level) continue;
    breached.insert(observation.labels);
    StepBreached(threshold, now_ms, *level, observation, transitions);
  }
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    const bool forget = !breached.contains(it->first) && StepClear(threshold, now_ms, it->second, transitions);
    it = forget ? alerts_.erase(it) : std::next(it);
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
    transitions.push_back({firing ? Transition::Kind::kResolved : Transition::Kind::kCancelled, alert});
  }
  alerts_.clear();
  return transitions;
}

}  // namespace tidemark::thresholds
