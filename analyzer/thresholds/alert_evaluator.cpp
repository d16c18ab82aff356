#include "analyzer/thresholds/alert_evaluator.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "analyzer/promql/format.h"

namespace tidemark::thresholds {
namespace {

std::string LabelsToText(const storage::Labels& labels) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

storage::Labels LabelsFromText(const std::string& text) {
  std::vector<storage::Labels::Pair> pairs;
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) pairs.emplace_back(name, value.get<std::string>());
  }
  return storage::Labels(std::move(pairs));
}

}  // namespace

AlertEvaluator::AlertEvaluator(const promql::Engine& engine, storage::Appendable& storage, ThresholdStore& thresholds,
                               state::Database& database, const Logger& logger, OnTransition on_transition,
                               Notify notify)
    : engine_(engine),
      storage_(storage),
      thresholds_(thresholds),
      database_(database),
      logger_(logger),
      on_transition_(std::move(on_transition)),
      notify_(std::move(notify)) {
  Restore();
}

void AlertEvaluator::SetContext(const templating::AlertContext& context) {
  const std::lock_guard lock(mutex_);
  context_ = context;
}

void AlertEvaluator::Restore() {
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle,
                          "SELECT threshold, labels, state, level, value, active_since_ms, firing_since_ms, "
                          "level_since_ms, last_active_ms, resolved_ms FROM alerts");
    while (rows.Step()) {
      const auto state = StateFromName(rows.Text(2));
      const auto level = LevelFromName(rows.Text(3));
      const std::string name = rows.Text(0);
      const StoredThresholdPtr stored = thresholds_.Get(name);
      if (!state || !level || !stored) continue;
      Entry& entry = entries_[name];
      entry.stored = stored;
      entry.tracker.Restore({.labels = LabelsFromText(rows.Text(1)),
                             .state = *state,
                             .level = *level,
                             .value = rows.Real(4),
                             .active_since_ms = rows.Integer(5),
                             .firing_since_ms = rows.Integer(6),
                             .level_since_ms = rows.Integer(7),
                             .last_active_ms = rows.Integer(8),
                             .resolved_ms = rows.Integer(9)});
    }
  });
}

void AlertEvaluator::EvaluateOne(Entry& entry, int64_t now_ms,
                                 std::vector<std::pair<std::string, Transition>>& transitions) {
  const Threshold& threshold = entry.stored->threshold;
  std::vector<Observation> observations;
  entry.status.last_evaluation_ms = now_ms;
  try {
    promql::QueryResult result = engine_.Instant(*threshold.parsed, now_ms);
    if (result.type == promql::ValueType::kScalar) result.series = {{storage::Labels{}, {result.scalar}}};
    for (const storage::SeriesSamples& series : result.series) {
      observations.push_back({AlertLabels(threshold, series.labels), series.samples.front().value});
    }
    entry.status.last_error.clear();
  } catch (const std::runtime_error& error) {
    // Alerts keep their state: an expression that cannot be evaluated says nothing about the host.
    if (entry.status.last_error != error.what())
      logger_.Warn("threshold cannot be evaluated", {{"threshold", threshold.name}, {"err", error.what()}});
    entry.status.last_error = error.what();
    return;
  }
  for (Transition& transition : entry.tracker.Step(threshold, now_ms, observations))
    transitions.emplace_back(threshold.name, std::move(transition));
}

void AlertEvaluator::CollectDue(Entry& entry, int64_t now_ms, int64_t interval_ms, std::vector<Due>& due) {
  for (const auto& [labels, alert] : entry.tracker.alerts()) {
    if (alert.state == AlertState::kPending) continue;
    const bool resolved = alert.state == AlertState::kResolved;
    Told& told = entry.told[labels];
    const bool begins_anew = told.firing_since_ms != alert.firing_since_ms;
    if (!begins_anew && told.level != alert.level) due.push_back({entry.stored, alert, told.level, now_ms});
    if (begins_anew || told.level != alert.level) told = {{}, alert.level, alert.firing_since_ms};
    if (told.send.IsDue(now_ms, resolved ? alert.resolved_ms : 0)) {
      due.push_back(
          {entry.stored, alert, alert.level, resolved ? alert.resolved_ms : notify::ValidUntil(now_ms, interval_ms)});
    }
  }
  std::erase_if(entry.told, [&](const auto& told) {
    const auto alert = entry.tracker.alerts().find(told.first);
    return alert == entry.tracker.alerts().end();
  });
}

void AlertEvaluator::TellReceivers(const std::vector<Due>& due, int64_t now_ms) const {
  if (due.empty()) return;
  templating::AlertContext context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  const templating::AlertContext at_now = context.AsOf(engine_, now_ms);
  std::vector<notify::AlertMessage> messages;
  for (const auto& [stored, alert, level, ends_at_ms] : due) {
    const Threshold& threshold = stored->threshold;
    messages.push_back(
        {alert.labels.With("alertname", threshold.name).With("severity", LevelName(level)),
         templating::Expand(threshold.annotations,
                            {.labels = alert.labels, .value = alert.value, .level = LevelName(level)}, at_now),
         alert.firing_since_ms, ends_at_ms,
         notify::GeneratorUrl(context.environment.external_url, promql::Format(*threshold.parsed))});
  }
  notify_(messages);
}

void AlertEvaluator::Evaluate(int64_t now_ms, int64_t interval_ms) {
  std::vector<std::pair<std::string, Transition>> transitions;
  std::vector<Due> due;
  {
    const std::lock_guard lock(mutex_);
    std::set<std::string> present;
    for (const StoredThresholdPtr& stored : thresholds_.List()) {
      if (!stored->threshold.enabled) continue;
      present.insert(stored->threshold.name);
      Entry& entry = entries_[stored->threshold.name];
      entry.stored = stored;
      EvaluateOne(entry, now_ms, transitions);
      CollectDue(entry, now_ms, interval_ms, due);
    }
    for (auto it = entries_.begin(); it != entries_.end();) {
      if (present.contains(it->first)) {
        ++it;
        continue;
      }
      for (Transition& transition : it->second.tracker.End(now_ms)) {
        const auto told = it->second.told.find(transition.alert.labels);
        if (told != it->second.told.end())
          due.push_back({it->second.stored, transition.alert, told->second.level, now_ms});
        transitions.emplace_back(it->first, std::move(transition));
      }
      it = entries_.erase(it);
    }
  }
  RecordAlertSeries(now_ms);
  TellReceivers(due, now_ms);
  if (!transitions.empty()) {
    try {
      Persist(transitions);
    } catch (const state::DatabaseError& error) {
      logger_.Error("cannot save alert states", {{"err", error.what()}});
    }
  }
  for (const auto& [threshold, transition] : transitions) {
    logger_.Info("alert", {{"threshold", threshold},
                           {"change", ChangeName(transition.change)},
                           {"level", LevelName(transition.alert.level)},
                           {"labels", transition.alert.labels.ToString()}});
    on_transition_(threshold, transition);
  }
}

/// Writes only alerts that changed: a value that moves from one evaluation to the next is not worth a disk write.
void AlertEvaluator::Persist(const std::vector<std::pair<std::string, Transition>>& transitions) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement remove(handle, "DELETE FROM alerts WHERE threshold = ? AND labels = ?");
    state::Statement write(
        handle,
        "INSERT OR REPLACE INTO alerts (threshold, labels, state, level, value, active_since_ms, firing_since_ms, "
        "level_since_ms, last_active_ms, resolved_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [threshold, transition] : transitions) {
      const Alert& alert = transition.alert;
      const std::string labels = LabelsToText(alert.labels);
      if (transition.change == AlertChange::kCancelled || transition.change == AlertChange::kResolved) {
        remove.Bind(1, threshold).Bind(2, labels).Run();
        continue;
      }
      write.Bind(1, threshold)
          .Bind(2, labels)
          .Bind(3, StateName(alert.state))
          .Bind(4, LevelName(alert.level))
          .Bind(5, alert.value);
      write.Bind(6, alert.active_since_ms)
          .Bind(7, alert.firing_since_ms)
          .Bind(8, alert.level_since_ms)
          .Bind(9, alert.last_active_ms)
          .Bind(10, alert.resolved_ms)
          .Run();
    }
  });
}

void AlertEvaluator::RecordAlertSeries(int64_t now_ms) {
  std::vector<storage::LiveSeries::Value> values;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : entries_) {
      for (const auto& [labels, alert] : entry.tracker.alerts()) {
        if (alert.state == AlertState::kResolved) continue;
        values.push_back({labels.With(storage::kMetricName, "ALERTS")
                              .With("alertname", name)
                              .With("alertstate", StateName(alert.state))
                              .With("severity", LevelName(alert.level)),
                          1});
      }
    }
  }
  // Series that differ only by a label which is overwritten here are one series now.
  std::ranges::sort(values, {}, &storage::LiveSeries::Value::labels);
  const auto alike =
      std::unique(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.labels == b.labels; });
  values.erase(alike, values.end());
  alert_series_.Write(storage_, now_ms, values);
}

std::vector<AlertView> AlertEvaluator::Alerts() const {
  std::vector<AlertView> views;
  std::vector<std::pair<StoredThresholdPtr, int64_t>> sources;  // with the time of its evaluation
  templating::AlertContext context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
    for (const auto& [name, entry] : entries_) {
      for (const auto& [labels, alert] : entry.tracker.alerts()) {
        views.push_back({name, alert, {}});
        sources.emplace_back(entry.stored, entry.status.last_evaluation_ms);
      }
    }
  }
  // Without the lock: a template may ask queries.
  for (size_t i = 0; i < views.size(); ++i) {
    const auto& [stored, time_ms] = sources[i];
    const Alert& alert = views[i].alert;
    views[i].annotations = templating::Expand(
        stored->threshold.annotations, {.labels = alert.labels, .value = alert.value, .level = LevelName(alert.level)},
        context.AsOf(engine_, time_ms));
  }
  return views;
}

EvaluationStatus AlertEvaluator::Status(const std::string& threshold) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(threshold);
  return it == entries_.end() ? EvaluationStatus{} : it->second.status;
}

}  // namespace tidemark::thresholds
