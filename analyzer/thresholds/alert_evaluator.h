#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "analyzer/promql/engine.h"
#include "analyzer/state/database.h"
#include "analyzer/storage/live_series.h"
#include "analyzer/thresholds/alert_tracker.h"
#include "analyzer/thresholds/threshold_store.h"
#include "common/log.h"

namespace tidemark::thresholds {

/// An alert with what belongs to it, for the API.
struct AlertView {
  std::string threshold;
  Alert alert;
  std::map<std::string, std::string> annotations;  ///< rendered
};

/// How a threshold's last evaluation went.
struct EvaluationStatus {
  int64_t last_evaluation_ms = 0;
  std::string last_error;
};

/// Evaluates every enabled threshold, keeps the alerts' states (in the database too: they survive a restart), and
/// records the active ones as the series ALERTS, as Prometheus does. Evaluate is called by one thread; the others by
/// any.
class AlertEvaluator {
 public:
  using OnTransition = std::function<void(const std::string& threshold, const Transition& transition)>;

  /// Restores the alerts of before. `on_transition` is called by the evaluating thread.
  AlertEvaluator(const promql::Engine& engine, storage::Appendable& storage, ThresholdStore& thresholds,
                 state::Database& database, const Logger& logger, OnTransition on_transition);

  /// What annotations may refer to. Any thread may call.
  void SetContext(const templating::AlertContext& context);
  void Evaluate(int64_t now_ms);

  [[nodiscard]] std::vector<AlertView> Alerts() const;
  [[nodiscard]] EvaluationStatus Status(const std::string& threshold) const;

 private:
  struct Entry {
    StoredThresholdPtr stored;
    AlertTracker tracker;
    EvaluationStatus status;
  };

  void Restore();
  void EvaluateOne(Entry& entry, int64_t now_ms, std::vector<std::pair<std::string, Transition>>& transitions);
  void Persist(const std::vector<std::pair<std::string, Transition>>& transitions);
  void RecordAlertSeries(int64_t now_ms);

  const promql::Engine& engine_;
  storage::Appendable& storage_;
  ThresholdStore& thresholds_;
  state::Database& database_;
  const Logger& logger_;
  const OnTransition on_transition_;

  mutable std::mutex mutex_;  // guards entries_, context_
  std::map<std::string, Entry> entries_;
  templating::AlertContext context_;
  storage::LiveSeries alert_series_;  // of the evaluating thread
};

}  // namespace tidemark::thresholds
