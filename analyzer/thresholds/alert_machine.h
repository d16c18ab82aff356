#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "analyzer/storage/labels.h"
#include "analyzer/thresholds/threshold.h"

namespace tidemark::thresholds {

enum class AlertState { kPending, kFiring, kResolved, kInactive };
const char* StateName(AlertState state);
/// Of the states that alerts are shown in: pending, firing and resolved.
std::optional<AlertState> StateFromName(std::string_view name);

/// What a threshold has to say about one label set.
struct Alert {
  storage::Labels labels;  ///< of the series, with the threshold's own added
  AlertState state = AlertState::kInactive;
  Level level = Level::kInfo;
  double value = 0;
  int64_t active_since_ms = 0;  ///< the condition is true since
  int64_t firing_since_ms = 0;
  int64_t level_since_ms = 0;
  int64_t last_active_ms = 0;  ///< the condition was true last
  int64_t resolved_ms = 0;
};

/// A change worth telling: to another state, or to another level while firing.
enum class AlertChange { kPending, kFiring, kEscalated, kDeescalated, kResolved, kCancelled };
const char* ChangeName(AlertChange change);

/// Resolved alerts stay visible this long.
inline constexpr int64_t kResolvedKeptMs = 15 * 60'000;

/// The state machine of an alert, which live evaluation and backtests share. Feeds one evaluation: the value, or none
/// when there is no series.
///
///   inactive -> pending    a level is breached
///   pending  -> firing     and has been for `for` (at once when that is 0)
///   pending  -> inactive   it no longer is
///   firing   -> firing     another level is breached: escalated or de-escalated, at once, without resolving
///   firing   -> resolved   no level is breached, and none has been for `keep_firing_for`
///   resolved -> pending    breached again; otherwise inactive after kResolvedKeptMs
///
/// While an alert fires, the levels up to its own are breached until the value has come back by `clear_margin` past
/// them. No clock, no I/O.
std::optional<AlertChange> StepAlert(const Threshold& threshold, int64_t now_ms, std::optional<double> value,
                                     Alert& alert);

/// Labels of a series' alert: without its metric name, and over them the threshold's own.
storage::Labels AlertLabels(const Threshold& threshold, const storage::Labels& series);

/// The limit a value must pass on its way back before a level that fires ends.
double ClearLimit(const Threshold& threshold, double limit);

/// Of two values of one label set, the one that breaches the higher level.
double Worse(const Threshold& threshold, double a, double b);

}  // namespace tidemark::thresholds
