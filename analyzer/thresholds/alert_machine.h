#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/storage/labels.h"
#include "analyzer/thresholds/threshold.h"

namespace tidemark::thresholds {

enum class AlertState { kPending, kFiring, kResolved, kInactive };
const char* StateName(AlertState state);
/// Of the states that alerts are shown in: pending, firing and resolved.
std::optional<AlertState> StateFromName(std::string_view name);

/// What is usual for a series, by its baseline.
struct ExpectedRange {
  double low = 0;
  double high = 0;
};

/// One value of a series.
struct Reading {
  double value = 0;
  /// What the levels are compared with: the value; with a baseline how far it is off in the direction that the
  /// operator complains about, in deviations.
  double compared = 0;
  std::optional<ExpectedRange> expected{};  ///< with a baseline
};
inline Reading PlainReading(double value) { return {value, value}; }

/// What one evaluation knows of a label set.
struct Evaluation {
  std::optional<Reading> reading{};
  /// There is no value because the target does not answer, which says nothing about the condition.
  bool target_is_down = false;
};

/// What a threshold has to say about one label set.
struct Alert {
  storage::Labels labels;  ///< of the series, with the threshold's own added
  AlertState state = AlertState::kInactive;
  Level level = Level::kInfo;
  double value = 0;
  std::optional<ExpectedRange> expected{};
  int64_t active_since_ms = 0;  ///< the condition is true since
  int64_t firing_since_ms = 0;
  int64_t level_since_ms = 0;
  int64_t last_active_ms = 0;  ///< the condition was true last
  int64_t last_seen_ms = 0;    ///< there was a value last; 0: never
  int64_t resolved_ms = 0;
  std::array<int64_t, kLevelCount> breached_since_ms{};  ///< of each level; 0: it is not
  bool has_no_data = false;                              ///< it fires because there is no value
};

/// A change worth telling: to another state, or to another level while firing.
enum class AlertChange { kPending, kFiring, kEscalated, kDeescalated, kResolved, kCancelled };
const char* ChangeName(AlertChange change);
std::optional<AlertChange> ChangeFromName(std::string_view name);

/// Resolved alerts stay visible this long.
inline constexpr int64_t kResolvedKeptMs = 15 * 60'000;

/// The state machine of an alert, which live evaluation and backtests share. Feeds one evaluation:
///
///   inactive -> pending    a level is breached
///   pending  -> firing     and has been for `for` (at once when that is 0)
///   pending  -> inactive   it no longer is
///   firing   -> firing     another level is breached: escalated (with `for` by level once that has passed too) or
///                          de-escalated, at once, without resolving
///   firing   -> resolved   no level is breached, and none has been for `keep_firing_for`
///   resolved -> pending    breached again; otherwise inactive after kResolvedKeptMs
///
/// While an alert fires, the levels up to its own are breached until the value has come back by `clear_margin` past
/// them. Outside of `active_during` nothing is breached, and what fires ends at once. Without a value an alert stays as
/// it is when its target is down; else `no_data` says what becomes of it. No clock, no I/O.
std::optional<AlertChange> StepAlert(const Threshold& threshold, int64_t now_ms, const Evaluation& evaluation,
                                     Alert& alert);

/// Whether it is pending or firing.
inline bool IsActive(const Alert& alert) {
  return alert.state == AlertState::kPending || alert.state == AlertState::kFiring;
}

/// Whether an alert has something to show or to remember; else it can be forgotten.
bool IsKept(const Threshold& threshold, int64_t now_ms, const Alert& alert);

/// Labels of a series' alert: without its metric name, and over them the threshold's own.
storage::Labels AlertLabels(const Threshold& threshold, const storage::Labels& series);

/// How Reading::compared is compared with levels.
Operator ComparedOperator(const Threshold& threshold);

/// The limit a value must pass on its way back before a level that fires ends.
double ClearLimit(const Threshold& threshold, double limit);

/// Of two readings of one label set, the one that breaches the higher level.
const Reading& Worse(const Threshold& threshold, const Reading& a, const Reading& b);

/// In words why an alert is there, where its value and levels do not say it: of a baseline ("expected 12-31, saw 77"),
/// and of missing data. Empty otherwise.
std::string Explanation(const Alert& alert);

}  // namespace tidemark::thresholds
