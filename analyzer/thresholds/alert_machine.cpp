#include "analyzer/thresholds/alert_machine.h"

#include <array>

namespace tidemark::thresholds {
namespace {

constexpr std::array<const char*, 4> kStateNames{"pending", "firing", "resolved", "inactive"};
constexpr size_t kShownStates = 3;

/// The highest level that a value breaches; levels up to `held` (-1: none) end only past their clear limits.
std::optional<Level> BreachedLevel(const Threshold& threshold, double value, int held) {
  for (size_t i = kLevelCount; i-- > 0;) {
    if (!threshold.levels[i]) continue;
    const double limit = *threshold.levels[i];
    if (Breaches(value, threshold.op, static_cast<int>(i) <= held ? ClearLimit(threshold, limit) : limit))
      return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::optional<AlertChange> StepBreached(const Threshold& threshold, int64_t now_ms, Level level, double value,
                                        Alert& alert) {
  const bool begins = alert.state == AlertState::kInactive || alert.state == AlertState::kResolved;
  if (begins) {
    alert.state = AlertState::kPending;
    alert.level = level;
    alert.active_since_ms = now_ms;
    alert.firing_since_ms = 0;
    alert.level_since_ms = now_ms;
    alert.resolved_ms = 0;
  }
  const Level before = alert.level;
  alert.value = value;
  alert.last_active_ms = now_ms;
  if (level != before) {
    alert.level = level;
    alert.level_since_ms = now_ms;
  }
  if (alert.state == AlertState::kPending) {
    if (now_ms - alert.active_since_ms < threshold.for_ms)
      return begins ? std::optional(AlertChange::kPending) : std::nullopt;
    alert.state = AlertState::kFiring;
    alert.firing_since_ms = now_ms;
    return AlertChange::kFiring;
  }
  if (level == before) return std::nullopt;
  return level > before ? AlertChange::kEscalated : AlertChange::kDeescalated;
}

std::optional<AlertChange> StepClear(const Threshold& threshold, int64_t now_ms, Alert& alert) {
  switch (alert.state) {
    case AlertState::kPending:
      alert.state = AlertState::kInactive;
      return AlertChange::kCancelled;
    case AlertState::kFiring:
      if (threshold.keep_firing_for_ms > 0 && now_ms - alert.last_active_ms < threshold.keep_firing_for_ms)
        return std::nullopt;
      alert.state = AlertState::kResolved;
      alert.resolved_ms = now_ms;
      return AlertChange::kResolved;
    case AlertState::kResolved:
      if (now_ms - alert.resolved_ms >= kResolvedKeptMs) alert.state = AlertState::kInactive;
      return std::nullopt;
    case AlertState::kInactive:
      break;
  }
  return std::nullopt;
}

}  // namespace

const char* StateName(AlertState state) { return kStateNames[static_cast<size_t>(state)]; }

std::optional<AlertState> StateFromName(std::string_view name) {
  for (size_t i = 0; i < kShownStates; ++i) {
    if (name == kStateNames[i]) return static_cast<AlertState>(i);
  }
  return std::nullopt;
}

const char* ChangeName(AlertChange change) {
  constexpr std::array<const char*, 6> kNames{"pending", "firing", "escalated", "deescalated", "resolved", "cancelled"};
  return kNames[static_cast<size_t>(change)];
}

std::optional<AlertChange> StepAlert(const Threshold& threshold, int64_t now_ms, std::optional<double> value,
                                     Alert& alert) {
  if (!value) return StepClear(threshold, now_ms, alert);
  const bool firing = alert.state == AlertState::kFiring;
  if (firing || alert.state == AlertState::kPending) alert.value = *value;
  const std::optional<Level> level = BreachedLevel(threshold, *value, firing ? static_cast<int>(alert.level) : -1);
  return level ? StepBreached(threshold, now_ms, *level, *value, alert) : StepClear(threshold, now_ms, alert);
}

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

storage::Labels AlertLabels(const Threshold& threshold, const storage::Labels& series) {
  storage::Labels labels = series.Without(storage::kMetricName);
  for (const auto& [name, value] : threshold.labels) labels = labels.With(name, value);
  return labels;
}

double Worse(const Threshold& threshold, double a, double b) {
  // No level is below any other.
  return BreachedLevel(threshold, b, -1) > BreachedLevel(threshold, a, -1) ? b : a;
}

}  // namespace tidemark::thresholds
