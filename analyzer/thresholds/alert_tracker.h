#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/storage/labels.h"
#include "analyzer/thresholds/threshold.h"

namespace tidemark::thresholds {

enum class AlertState { kPending, kFiring, kResolved };
const char* StateName(AlertState state);
std::optional<AlertState> StateFromName(std::string_view name);

/// One label set that a threshold has something to say about. (Inactive ones are not kept.)
struct Alert {
  storage::Labels labels;  ///< of the series, with the threshold's own added
  AlertState state = AlertState::kPending;
  Level level = Level::kInfo;
  double value = 0;
  int64_t active_since_ms = 0;  ///< the condition is true since
  int64_t firing_since_ms = 0;
  int64_t level_since_ms = 0;
  int64_t last_active_ms = 0;  ///< the condition was true last
  int64_t resolved_ms = 0;
};

/// A change worth telling: to another state, or to another level while firing.
struct Transition {
  enum class Kind { kPending, kFiring, kEscalated, kDeescalated, kResolved, kCancelled } kind;
  Alert alert;
};
const char* KindName(Transition::Kind kind);

struct Observation {
  storage::Labels labels;
  double value;
};

/// The state machine of one threshold's alerts, one per label set:
///
///   inactive -> pending    a level is breached
///   pending  -> firing     and has been for `for` (at once when that is 0)
///   pending  -> inactive   it no longer is
///   firing   -> firing     another level is breached: escalated or de-escalated, at once, without resolving
///   firing   -> resolved   no level is breached, and none has been for `keep_firing_for`
///   resolved -> pending    breached again; otherwise forgotten after kResolvedKeptMs
///
/// While an alert fires, the levels up to its own are breached until the value has come back by `clear_margin` past
/// them. No clock, no I/O; used by one thread.
class AlertTracker {
 public:
  /// Resolved alerts stay visible this long.
  static constexpr int64_t kResolvedKeptMs = 15 * 60'000;

  /// Feeds one evaluation; returns what changed.
  std::vector<Transition> Step(const Threshold& threshold, int64_t now_ms,
                               const std::vector<Observation>& observations);
  /// The threshold was disabled or deleted: everything ends.
  std::vector<Transition> End(int64_t now_ms);

  /// Puts back an alert from before a restart.
  void Restore(Alert alert) { alerts_[alert.labels] = std::move(alert); }
  [[nodiscard]] const std::map<storage::Labels, Alert>& alerts() const { return alerts_; }

 private:
  static std::optional<Level> BreachedLevel(const Threshold& threshold, double value, const Alert* alert);
  void StepBreached(const Threshold& threshold, int64_t now_ms, Level level, const Observation& observation,
                    std::vector<Transition>& transitions);
  /// Returns whether the alert is to be forgotten.
  static bool StepClear(const Threshold& threshold, int64_t now_ms, Alert& alert, std::vector<Transition>& transitions);

  std::map<storage::Labels, Alert> alerts_;
};

}  // namespace tidemark::thresholds
