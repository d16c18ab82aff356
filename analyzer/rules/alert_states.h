#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "analyzer/notify/alert_message.h"
#include "analyzer/rules/rule_file.h"
#include "analyzer/storage/labels.h"
#include "analyzer/storage/storage.h"

namespace tidemark::rules {

/// One series that an alerting rule's expression gave.
struct Alert {
  enum class State { kInactive, kPending, kFiring };

  storage::Labels labels;  ///< with alertname and the rule's own
  std::map<std::string, std::string> annotations;
  State state = State::kPending;
  double value = 0;
  int64_t active_at_ms = 0;
  int64_t fired_at_ms = 0;
  int64_t resolved_at_ms = 0;        ///< 0: not yet
  int64_t keep_firing_since_ms = 0;  ///< 0: the expression gives the series
  notify::SendState send;
};
const char* StateName(Alert::State state);

/// The alerts of one alerting rule, one for each label set:
///
///   pending  -> firing     the series has been there for `for` (at once when that is 0)
///   pending  -> forgotten  it is gone
///   firing   -> inactive   it is gone, and has been for `keep_firing_for`; forgotten after kResolvedKeptMs
///   inactive -> pending    it is there again
///
/// No clock, no I/O but what a template asks; used by one thread.
class AlertStates {
 public:
  /// A resolved alert is kept this long, so that whoever asks learns that it is over.
  static constexpr int64_t kResolvedKeptMs = 15 * 60'000;

  /// Feeds one evaluation. \throw promql::EvalError when two series give one label set, or there are more alerts than
  /// `limit` (0: no bound); then there are none.
  void Step(const Rule& rule, size_t limit, const templating::AlertContext& context, int64_t now_ms,
            std::span<const storage::SeriesSamples> series);

  /// The alerts, those that are over among them, by labels.
  [[nodiscard]] const std::map<storage::Labels, Alert>& alerts() const { return alerts_; }
  [[nodiscard]] std::map<storage::Labels, Alert>& alerts() { return alerts_; }

 private:
  std::map<storage::Labels, Alert> alerts_;
};

}  // namespace tidemark::rules
