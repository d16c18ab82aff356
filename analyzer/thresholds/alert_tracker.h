#pragma once

#include <map>
#include <vector>

#include "analyzer/thresholds/alert_machine.h"
#include "analyzer/thresholds/down_targets.h"

namespace tidemark::thresholds {

/// A change with the alert as it is after it.
struct Transition {
  AlertChange change;
  Alert alert;
};

struct Observation {
  storage::Labels labels;
  Reading reading;
};

/// The alerts of one threshold, one for each label set (alert_machine.h says how each goes). Used by one thread.
class AlertTracker {
 public:
  /// Feeds one evaluation; returns what changed. Of several observations with the same labels the worst counts.
  std::vector<Transition> Step(const Threshold& threshold, int64_t now_ms, const std::vector<Observation>& observations,
                               const DownTargets& down);
  /// A label set had a value then: whether it goes missing is watched from there.
  void Remember(const storage::Labels& labels, int64_t time_ms);
  /// The threshold was disabled or deleted: everything ends.
  std::vector<Transition> End(int64_t now_ms);

  /// Puts back an alert from before a restart.
  void Restore(Alert alert) { alerts_[alert.labels] = std::move(alert); }
  /// Among them inactive ones, of label sets that would be missed (NoData::Action::kAlert).
  [[nodiscard]] const std::map<storage::Labels, Alert>& alerts() const { return alerts_; }

 private:
  std::map<storage::Labels, Alert> alerts_;
};

}  // namespace tidemark::thresholds
