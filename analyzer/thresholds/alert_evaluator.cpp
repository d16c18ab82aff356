#include "analyzer/thresholds/alert_evaluator.h"

#include <algorithm>
#include <set>
#include <utility>

#include "analyzer/promql/format.h"

namespace tidemark::thresholds {
namespace {

/// The threshold's, and why the alert is there where value and levels do not say it.
std::map<std::string, std::string> Annotations(const Threshold& threshold, const Alert& alert, Level level,
                                               const templating::AlertContext& context) {
  std::map<std::string, std::string> texts = templating::Expand(
      threshold.annotations, {.labels = alert.labels, .value = alert.value, .level = LevelName(level)}, context);
  if (std::string explanation = Explanation(alert); !explanation.empty())
    texts.emplace("explanation", std::move(explanation));
  return texts;
}

}  // namespace

storage::Labels MessageLabels(const std::string& threshold, const storage::Labels& labels, Level level) {
  return labels.With("alertname", threshold).With("severity", LevelName(level));
}

AlertEvaluator::AlertEvaluator(const promql::Engine& engine, storage::Appendable& storage, ThresholdStore& thresholds,
                               AlertLog& log, const Logger& logger, OnTransition on_transition, Notify notify)
    : engine_(engine),
      storage_(storage),
      thresholds_(thresholds),
      log_(log),
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
  for (AlertLog::SavedAlert& saved : log_.Load()) {
    const StoredThresholdPtr stored = thresholds_.Get(saved.threshold);
    if (!stored) continue;
    Entry& entry = entries_[saved.threshold];
    entry.stored = stored;
    entry.tracker.Restore(std::move(saved.alert));
  }
}

const UsualValues* AlertEvaluator::UsualOf(const StoredThresholdPtr& stored, int64_t now_ms) {
  if (!stored->threshold.baseline) return nullptr;
  Usual& usual = usual_[stored->threshold.name];
  if (usual.stored != stored) usual = {stored, std::make_unique<UsualValues>(stored->threshold)};
  usual.values->Prepare(engine_, now_ms, now_ms);
  return usual.values.get();
}

AlertEvaluator::Observed AlertEvaluator::Observe(const StoredThresholdPtr& stored, int64_t now_ms) {
  const Threshold& threshold = stored->threshold;
  Observed observed;
  try {
    const UsualValues* usual = UsualOf(stored, now_ms);
    for (const storage::SeriesSamples& series : engine_.InstantVector(*threshold.parsed, now_ms)) {
      const double value = series.samples.front().value;
      observed.observations.push_back(
          {AlertLabels(threshold, series.labels),
           usual == nullptr ? PlainReading(value) : usual->ReadingOf(series.labels, now_ms, value)});
    }
  } catch (const std::runtime_error& error) {
    observed.error = error.what();
  }
  return observed;
}

/// What had a value lately and has none now is missing: without this a restart would forget it.
void AlertEvaluator::RememberSeries(Entry& entry, int64_t now_ms) const {
  constexpr int64_t kStepMs = 5 * 60'000;
  const Threshold& threshold = entry.stored->threshold;
  if (threshold.no_data.action != NoData::Action::kAlert) return;
  try {
    const promql::Steps steps{now_ms - NoData::kRememberedMs, now_ms, kStepMs};
    for (const storage::SeriesSamples& series : engine_.RangeSeries(*threshold.parsed, steps))
      entry.tracker.Remember(AlertLabels(threshold, series.labels), series.samples.back().timestamp_ms);
  } catch (const std::runtime_error&) {
    // Observe tells of it.
  }
}

void AlertEvaluator::Step(const StoredThresholdPtr& stored, const Observed& observed, const DownTargets& down,
                          int64_t now_ms, int64_t interval_ms, std::vector<NamedTransition>& transitions,
                          std::vector<Due>& due) {
  const Threshold& threshold = stored->threshold;
  Entry& entry = entries_[threshold.name];
  entry.stored = stored;
  if (std::exchange(entry.seeded, stored) != stored) RememberSeries(entry, now_ms);
  entry.status.last_evaluation_ms = now_ms;
  if (!observed.error.empty()) {
    // Alerts keep their state: an expression that cannot be evaluated says nothing about the host.
    if (entry.status.last_error != observed.error)
      logger_.Warn("threshold cannot be evaluated", {{"threshold", threshold.name}, {"err", observed.error}});
    entry.status.last_error = observed.error;
  } else {
    entry.status.last_error.clear();
    for (Transition& transition : entry.tracker.Step(threshold, now_ms, observed.observations, down))
      transitions.push_back({threshold.name, std::move(transition)});
  }
  CollectDue(entry, now_ms, interval_ms, due);
}

void AlertEvaluator::CollectDue(Entry& entry, int64_t now_ms, int64_t interval_ms, std::vector<Due>& due) {
  for (const auto& [labels, alert] : entry.tracker.alerts()) {
    if (alert.state == AlertState::kPending || alert.state == AlertState::kInactive) continue;
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
    messages.push_back({MessageLabels(threshold.name, alert.labels, level),
                        Annotations(threshold, alert, level, at_now), alert.firing_since_ms, ends_at_ms,
                        notify::GeneratorUrl(context.environment.external_url, promql::Format(*threshold.parsed)),
                        AlertId(threshold.name, alert.labels)});
  }
  notify_(messages);
}

void AlertEvaluator::EndOthers(const std::set<std::string>& present, int64_t now_ms,
                               std::vector<NamedTransition>& transitions, std::vector<Due>& due) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (present.contains(it->first)) {
      ++it;
      continue;
    }
    for (Transition& transition : it->second.tracker.End(now_ms)) {
      const auto told = it->second.told.find(transition.alert.labels);
      if (told != it->second.told.end())
        due.push_back({it->second.stored, transition.alert, told->second.level, now_ms});
      transitions.push_back({it->first, std::move(transition)});
    }
    it = entries_.erase(it);
  }
}

void AlertEvaluator::Evaluate(int64_t now_ms, int64_t interval_ms) {
  std::vector<NamedTransition> transitions;
  std::vector<Due> due;
  const DownTargets down(engine_, now_ms);
  std::set<std::string> present;
  std::vector<std::pair<StoredThresholdPtr, Observed>> all_observed;
  for (const StoredThresholdPtr& stored : thresholds_.List()) {
    if (!stored->threshold.enabled) continue;
    present.insert(stored->threshold.name);
    all_observed.emplace_back(stored, Observe(stored, now_ms));
  }
  std::erase_if(usual_, [&](const auto& usual) { return !present.contains(usual.first); });
  {
    // Until they are saved nobody sees the new states: what was seen survives a crash.
    const std::lock_guard lock(mutex_);
    for (const auto& [stored, observed] : all_observed)
      Step(stored, observed, down, now_ms, interval_ms, transitions, due);
    EndOthers(present, now_ms, transitions, due);
    try {
      log_.Save(transitions, now_ms);
    } catch (const state::DatabaseError& error) {
      logger_.Error("cannot save alert states", {{"err", error.what()}});
    }
  }
  RecordAlertSeries(now_ms);
  TellReceivers(due, now_ms);
  for (const auto& [threshold, transition] : transitions) {
    logger_.Info("alert", {{"threshold", threshold},
                           {"change", ChangeName(transition.change)},
                           {"level", LevelName(transition.alert.level)},
                           {"labels", transition.alert.labels.ToString()}});
    on_transition_(threshold, transition);
  }
}

void AlertEvaluator::RecordAlertSeries(int64_t now_ms) {
  std::vector<storage::LiveSeries::Value> values;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : entries_) {
      for (const auto& [labels, alert] : entry.tracker.alerts()) {
        if (!IsActive(alert)) continue;
        values.push_back({MessageLabels(name, labels, alert.level)
                              .With(storage::kMetricName, "ALERTS")
                              .With("alertstate", StateName(alert.state)),
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
        if (alert.state == AlertState::kInactive) continue;
        views.push_back({name, alert, {}});
        sources.emplace_back(entry.stored, entry.status.last_evaluation_ms);
      }
    }
  }
  // Without the lock: a template may ask queries.
  for (size_t i = 0; i < views.size(); ++i) {
    const auto& [stored, time_ms] = sources[i];
    views[i].annotations =
        Annotations(stored->threshold, views[i].alert, views[i].alert.level, context.AsOf(engine_, time_ms));
    views[i].expr = promql::Format(*stored->threshold.parsed);
  }
  return views;
}

std::vector<std::pair<std::string, AlertState>> AlertEvaluator::States() const {
  std::vector<std::pair<std::string, AlertState>> states;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    for (const auto& [labels, alert] : entry.tracker.alerts()) {
      if (alert.state != AlertState::kInactive) states.emplace_back(name, alert.state);
    }
  }
  return states;
}

EvaluationStatus AlertEvaluator::Status(const std::string& threshold) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(threshold);
  return it == entries_.end() ? EvaluationStatus{} : it->second.status;
}

}  // namespace tidemark::thresholds
