#include "analyzer/thresholds/alert_machine.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/templating/humanize.h"
#include "common/timestamp.h"

namespace tidemark::thresholds {
namespace {

constexpr std::array<const char*, 4> kStateNames{"pending", "firing", "resolved", "inactive"};
constexpr size_t kShownStates = 3;
constexpr std::array<const char*, 6> kChangeNames{"pending",     "firing",   "escalated",
                                                  "deescalated", "resolved", "cancelled"};

/// The highest level that a value breaches; levels up to `held` (-1: none) end only past their clear limits.
std::optional<Level> BreachedLevel(const Threshold& threshold, double compared, int held) {
  const Operator op = ComparedOperator(threshold);
  for (size_t i = kLevelCount; i-- > 0;) {
    if (!threshold.levels[i]) continue;
    const double limit = *threshold.levels[i];
    if (Breaches(compared, op, static_cast<int>(i) <= held ? ClearLimit(threshold, limit) : limit))
      return static_cast<Level>(i);
  }
  return std::nullopt;
}

/// The highest level up to `level` that has been breached for as long as it must be.
std::optional<Level> RipeLevel(const Threshold& threshold, int64_t now_ms, Level level, const Alert& alert) {
  if (!threshold.level_for_ms)
    return now_ms - alert.active_since_ms >= threshold.for_ms ? std::optional(level) : std::nullopt;
  for (size_t i = static_cast<size_t>(level) + 1; i-- > 0;) {
    if (threshold.levels[i] && now_ms - alert.breached_since_ms[i] >= (*threshold.level_for_ms)[i])
      return static_cast<Level>(i);
  }
  return std::nullopt;
}

void RememberBreaches(int64_t now_ms, std::optional<Level> level, Alert& alert) {
  for (size_t i = 0; i < kLevelCount; ++i) {
    int64_t& since_ms = alert.breached_since_ms[i];
    if (!level || i > static_cast<size_t>(*level)) {
      since_ms = 0;
    } else if (since_ms == 0) {
      since_ms = now_ms;
    }
  }
}

void Begin(int64_t now_ms, Level level, Alert& alert) {
  alert.state = AlertState::kPending;
  alert.level = level;
  alert.active_since_ms = now_ms;
  alert.firing_since_ms = 0;
  alert.level_since_ms = now_ms;
  alert.resolved_ms = 0;
}

void SetLevel(int64_t now_ms, Level level, Alert& alert) {
  if (alert.level == level) return;
  alert.level = level;
  alert.level_since_ms = now_ms;
}

AlertChange Fire(int64_t now_ms, Alert& alert) {
  alert.state = AlertState::kFiring;
  alert.firing_since_ms = now_ms;
  return AlertChange::kFiring;
}

std::optional<AlertChange> StepBreached(const Threshold& threshold, int64_t now_ms, Level level, Alert& alert) {
  const bool begins = !IsActive(alert);
  if (begins) Begin(now_ms, level, alert);
  alert.last_active_ms = now_ms;
  const std::optional<Level> ripe = RipeLevel(threshold, now_ms, level, alert);
  if (alert.state == AlertState::kPending) {
    SetLevel(now_ms, ripe.value_or(level), alert);
    if (!ripe) return begins ? std::optional(AlertChange::kPending) : std::nullopt;
    return Fire(now_ms, alert);
  }
  const Level before = alert.level;
  // On its way down a level needs no time of its own; on its way up it does.
  const Level next = level <= before ? level : std::max(ripe.value_or(before), before);
  if (next == before) return std::nullopt;
  SetLevel(now_ms, next, alert);
  return next > before ? AlertChange::kEscalated : AlertChange::kDeescalated;
}

std::optional<AlertChange> StepClear(int64_t keep_firing_for_ms, int64_t now_ms, Alert& alert) {
  switch (alert.state) {
    case AlertState::kPending:
      alert.state = AlertState::kInactive;
      return AlertChange::kCancelled;
    case AlertState::kFiring:
      if (keep_firing_for_ms > 0 && now_ms - alert.last_active_ms < keep_firing_for_ms) return std::nullopt;
      alert.state = AlertState::kResolved;
      alert.resolved_ms = now_ms;
      alert.has_no_data = false;
      return AlertChange::kResolved;
    case AlertState::kResolved:
      if (now_ms - alert.resolved_ms >= kResolvedKeptMs) alert.state = AlertState::kInactive;
      return std::nullopt;
    case AlertState::kInactive:
      break;
  }
  return std::nullopt;
}

std::optional<AlertChange> StepMissing(const Threshold& threshold, int64_t now_ms, Alert& alert) {
  const NoData& no_data = threshold.no_data;
  switch (no_data.action) {
    case NoData::Action::kOk:
      RememberBreaches(now_ms, std::nullopt, alert);
      return StepClear(threshold.keep_firing_for_ms, now_ms, alert);
    case NoData::Action::kKeep:
      return IsActive(alert) ? std::nullopt : StepClear(0, now_ms, alert);
    case NoData::Action::kAlert:
      break;
  }
  // Of what never had a value none is missing.
  if (alert.last_seen_ms == 0) return std::nullopt;
  const int64_t missing_ms = now_ms - alert.last_seen_ms;
  if (missing_ms >= NoData::kRememberedMs) return StepClear(0, now_ms, alert);
  if (missing_ms < no_data.after_ms) return IsActive(alert) ? std::nullopt : StepClear(0, now_ms, alert);
  alert.has_no_data = true;
  const Level level = no_data.level.value_or(threshold.HighestLevel());
  if (alert.state == AlertState::kFiring) {
    if (level <= alert.level) return std::nullopt;
    SetLevel(now_ms, level, alert);
    return AlertChange::kEscalated;
  }
  if (!IsActive(alert)) Begin(now_ms, level, alert);
  SetLevel(now_ms, level, alert);
  alert.last_active_ms = now_ms;
  return Fire(now_ms, alert);
}

}  // namespace

const char* StateName(AlertState state) { return kStateNames[static_cast<size_t>(state)]; }

std::optional<AlertState> StateFromName(std::string_view name) {
  for (size_t i = 0; i < kShownStates; ++i) {
    if (name == kStateNames[i]) return static_cast<AlertState>(i);
  }
  return std::nullopt;
}

const char* ChangeName(AlertChange change) { return kChangeNames[static_cast<size_t>(change)]; }

std::optional<AlertChange> ChangeFromName(std::string_view name) {
  const auto it = std::ranges::find(kChangeNames, name);
  return it == kChangeNames.end() ? std::nullopt : std::optional(static_cast<AlertChange>(it - kChangeNames.begin()));
}

std::optional<AlertChange> StepAlert(const Threshold& threshold, int64_t now_ms, const Evaluation& evaluation,
                                     Alert& alert) {
  const std::optional<Reading>& reading = evaluation.reading;
  if (reading) alert.last_seen_ms = now_ms;
  if (!threshold.IsActiveAt(now_ms)) {
    RememberBreaches(now_ms, std::nullopt, alert);
    return StepClear(0, now_ms, alert);
  }
  if (!reading) {
    if (evaluation.target_is_down && IsActive(alert)) return std::nullopt;
    return StepMissing(threshold, now_ms, alert);
  }
  const bool firing = alert.state == AlertState::kFiring;
  const std::optional<Level> level =
      BreachedLevel(threshold, reading->compared, firing ? static_cast<int>(alert.level) : -1);
  if (level || IsActive(alert)) {
    alert.value = reading->value;
    alert.expected = reading->expected;
    alert.has_no_data = false;
  }
  RememberBreaches(now_ms, level, alert);
  return level ? StepBreached(threshold, now_ms, *level, alert)
               : StepClear(threshold.keep_firing_for_ms, now_ms, alert);
}

bool IsKept(const Threshold& threshold, int64_t now_ms, const Alert& alert) {
  if (alert.state != AlertState::kInactive) return true;
  return threshold.no_data.action == NoData::Action::kAlert && now_ms - alert.last_seen_ms < NoData::kRememberedMs;
}

Operator ComparedOperator(const Threshold& threshold) { return threshold.baseline ? Operator::kGreater : threshold.op; }

double ClearLimit(const Threshold& threshold, double limit) {
  const ClearMargin& margin = threshold.clear_margin;
  const double distance = margin.is_percent ? std::fabs(limit) * margin.value / 100 : margin.value;
  switch (ComparedOperator(threshold)) {
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      return limit - distance;
    case Operator::kLess:
    case Operator::kLessOrEqual:
      return limit + distance;
    default:
      return limit;
  }
}

storage::Labels AlertLabels(const Threshold& threshold, const storage::Labels& series) {
  storage::Labels labels = series.Without(storage::kMetricName);
  for (const auto& [name, value] : threshold.labels) labels = labels.With(name, value);
  return labels;
}

const Reading& Worse(const Threshold& threshold, const Reading& a, const Reading& b) {
  // No level is below any other.
  return BreachedLevel(threshold, b.compared, -1) > BreachedLevel(threshold, a.compared, -1) ? b : a;
}

std::string Explanation(const Alert& alert) {
  if (alert.has_no_data) return "no data since " + FormatRfc3339(alert.last_seen_ms);
  if (!alert.expected) return "";
  return "expected " + templating::Humanize(alert.expected->low) + "-" + templating::Humanize(alert.expected->high) +
         ", saw " + templating::Humanize(alert.value);
}

}  // namespace tidemark::thresholds
