#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "analyzer/notify/alert_message.h"
#include "analyzer/promql/engine.h"
#include "analyzer/storage/live_series.h"
#include "analyzer/thresholds/alert_log.h"
#include "analyzer/thresholds/alert_tracker.h"
#include "analyzer/thresholds/threshold_store.h"
#include "analyzer/thresholds/usual_values.h"
#include "common/log.h"

namespace tidemark::thresholds {

/// An alert with what belongs to it, for the API.
struct AlertView {
  std::string threshold;
  Alert alert;
  std::map<std::string, std::string> annotations{};  ///< rendered
  std::string expr{};                                ///< in canonical form
};

/// Labels by which receivers know an alert: with the threshold's name as alertname and the level as severity.
storage::Labels MessageLabels(const std::string& threshold, const storage::Labels& labels, Level level);

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
  using Notify = std::function<void(const std::vector<notify::AlertMessage>& alerts)>;

  /// Restores the alerts of before. `on_transition` and `notify`, which gets what receivers are to be told, are called
  /// by the evaluating thread.
  AlertEvaluator(const promql::Engine& engine, storage::Appendable& storage, ThresholdStore& thresholds, AlertLog& log,
                 const Logger& logger, OnTransition on_transition, Notify notify);

  /// What annotations may refer to. Any thread may call.
  void SetContext(const templating::AlertContext& context);
  /// `interval_ms`: until the next one.
  void Evaluate(int64_t now_ms, int64_t interval_ms);

  [[nodiscard]] std::vector<AlertView> Alerts() const;
  /// The state of every alert that Alerts has, with its threshold's name.
  [[nodiscard]] std::vector<std::pair<std::string, AlertState>> States() const;
  [[nodiscard]] EvaluationStatus Status(const std::string& threshold) const;

 private:
  /// What receivers know of an alert. Its level is a label there, so that another level is another alert to them.
  struct Told {
    notify::SendState send;
    Level level = Level::kInfo;
    int64_t firing_since_ms = 0;
  };
  struct Entry {
    StoredThresholdPtr stored;
    StoredThresholdPtr seeded;  ///< the one whose series of before are remembered
    AlertTracker tracker;
    EvaluationStatus status;
    std::map<storage::Labels, Told> told;  ///< of the alerts that receivers know of
  };
  /// What is to be told of one alert, before its texts are expanded.
  struct Due {
    StoredThresholdPtr stored;
    Alert alert;
    Level level;  ///< that receivers know it by
    int64_t ends_at_ms;
  };

  /// What a threshold's expression gives, or why it gives nothing.
  struct Observed {
    std::vector<Observation> observations;
    std::string error;
  };

  struct Usual {
    StoredThresholdPtr stored;
    std::unique_ptr<UsualValues> values;
  };

  void Restore();
  Observed Observe(const StoredThresholdPtr& stored, int64_t now_ms);
  /// Null: the threshold has no baseline.
  const UsualValues* UsualOf(const StoredThresholdPtr& stored, int64_t now_ms);
  void RememberSeries(Entry& entry, int64_t now_ms) const;
  /// A threshold's alerts after what it gave. With mutex_ locked, and so the next.
  void Step(const StoredThresholdPtr& stored, const Observed& observed, const DownTargets& down, int64_t now_ms,
            int64_t interval_ms, std::vector<NamedTransition>& transitions, std::vector<Due>& due);
  /// Ends the alerts of thresholds that are not `present`.
  void EndOthers(const std::set<std::string>& present, int64_t now_ms, std::vector<NamedTransition>& transitions,
                 std::vector<Due>& due);
  void RecordAlertSeries(int64_t now_ms);
  /// What is due of a threshold's alerts.
  static void CollectDue(Entry& entry, int64_t now_ms, int64_t interval_ms, std::vector<Due>& due);
  void TellReceivers(const std::vector<Due>& due, int64_t now_ms) const;

  const promql::Engine& engine_;
  storage::Appendable& storage_;
  ThresholdStore& thresholds_;
  AlertLog& log_;
  const Logger& logger_;
  const OnTransition on_transition_;
  const Notify notify_;

  mutable std::mutex mutex_;  // guards entries_, context_
  std::map<std::string, Entry> entries_;
  templating::AlertContext context_;
  storage::LiveSeries alert_series_;  // of the evaluating thread, and so is the next
  std::map<std::string, Usual> usual_;
};

}  // namespace tidemark::thresholds
