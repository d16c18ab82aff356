#include "analyzer/rules/group.h"

#include <chrono>
#include <cmath>
#include <unordered_set>

#include "analyzer/promql/format.h"

namespace tidemark::rules {
namespace {

using storage::Labels;
using templating::AlertContext;
using Values = std::vector<storage::LiveSeries::Value>;

constexpr const char* kAlertsForState = "ALERTS_FOR_STATE";

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The series of a recording rule's result.
Values Recorded(const Rule& rule, size_t limit, const std::vector<storage::SeriesSamples>& series) {
  if (limit > 0 && series.size() > limit) {
    throw promql::EvalError("exceeded limit of " + std::to_string(limit) + " with " + std::to_string(series.size()) +
                            " series");
  }
  Values values;
  std::unordered_set<Labels, storage::LabelsHash> seen;
  for (const storage::SeriesSamples& one : series) {
    Labels labels = one.labels.With(storage::kMetricName, rule.name);
    for (const auto& [name, value] : rule.labels) labels = labels.With(name, value.text());
    if (!seen.insert(labels).second)
      throw promql::EvalError("vector contains metrics with the same labelset after applying rule labels");
    values.push_back({std::move(labels), one.samples.front().value});
  }
  return values;
}

/// The series ALERTS and ALERTS_FOR_STATE of a rule's alerts.
Values AlertSeries(const AlertStates& states) {
  Values values;
  for (const auto& [labels, alert] : states.alerts()) {
    if (alert.state == Alert::State::kInactive) continue;
    values.push_back({labels.With(storage::kMetricName, "ALERTS").With("alertstate", StateName(alert.state)), 1});
    values.push_back({labels.With(storage::kMetricName, kAlertsForState),
                      std::floor(static_cast<double>(alert.active_at_ms) / 1000)});
  }
  return values;
}

bool IsSameRule(const Rule& a, const Rule& b) {
  const auto same_label = [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.text() == right.second.text();
  };
  return a.kind == b.kind && a.name == b.name &&
         std::equal(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end(), same_label);
}

}  // namespace

Group::Group(RuleGroup definition, int64_t default_interval_ms)
    : definition_(std::make_shared<const RuleGroup>(std::move(definition))),
      interval_ms_(definition_->interval_ms > 0 ? definition_->interval_ms : default_interval_ms),
      states_(definition_->rules.size()) {}

void Group::TakeOver(Group& old) {
  std::vector<bool> taken(old.states_.size());
  for (size_t i = 0; i < states_.size(); ++i) {
    for (size_t j = 0; j < old.states_.size(); ++j) {
      if (taken[j] || !IsSameRule(definition_->rules[i], old.definition_->rules[j])) continue;
      states_[i] = std::exchange(old.states_[j], {});
      taken[j] = true;
      break;
    }
  }
  restored_ = old.restored_;
  last_evaluation_ms_ = old.last_evaluation_ms_;
  last_duration_seconds_ = old.last_duration_seconds_;
}

Values Group::Outcome(const Rule& rule, RuleState& state, const std::vector<storage::SeriesSamples>& series,
                      const AlertContext& context, int64_t now_ms) const {
  if (rule.kind == Rule::Kind::kRecording) return Recorded(rule, definition_->limit, series);
  state.alerts.Step(rule, definition_->limit, context, now_ms, series);
  return restored_ ? AlertSeries(state.alerts) : Values();
}

void Group::Evaluate(const RuleServices& services, const AlertContext& context, int64_t now_ms) {
  const auto group_begin = std::chrono::steady_clock::now();
  const AlertContext at_now = context.AsOf(services.engine, now_ms);
  for (size_t i = 0; i < states_.size(); ++i) {
    const Rule& rule = definition_->rules[i];
    RuleState& state = states_[i];
    const auto begin = std::chrono::steady_clock::now();
    std::string error;
    try {
      const promql::Expr& expr = *rule.expr.parsed;
      if (!promql::IsScalarOrVector(expr.type)) throw promql::EvalError("rule result is not a vector or scalar");
      const std::vector<storage::SeriesSamples> series = services.engine.InstantVector(expr, now_ms);
      const storage::AppendResult written =
          state.live.Write(services.storage, now_ms, Outcome(rule, state, series, at_now, now_ms));
      if (written.duplicate > 0) error = "duplicate sample for timestamp";
      if (written.out_of_order > 0) error = "out of order sample";
      if (written.unknown_series > 0) error = "the store has no room for new series";
    } catch (const std::runtime_error& failure) {
      error = failure.what();
    }
    if (!error.empty() && error != state.status.last_error)
      services.logger.Warn("rule failed", {{"group", definition_->name}, {"rule", rule.name}, {"err", error}});
    state.status = {error, now_ms, SecondsSince(begin)};
  }
  if (services.notify) Notify(services, context, now_ms);
  last_evaluation_ms_ = now_ms;
  last_duration_seconds_ = SecondsSince(group_begin);
}

void Group::Notify(const RuleServices& services, const AlertContext& context, int64_t now_ms) {
  std::vector<notify::AlertMessage> messages;
  for (size_t i = 0; i < states_.size(); ++i) {
    for (auto& [labels, alert] : states_[i].alerts.alerts()) {
      if (alert.state == Alert::State::kPending || !alert.send.IsDue(now_ms, alert.resolved_at_ms)) continue;
      messages.push_back(
          {labels, alert.annotations, alert.fired_at_ms,
           alert.resolved_at_ms != 0 ? alert.resolved_at_ms : notify::ValidUntil(now_ms, interval_ms_),
           notify::GeneratorUrl(context.environment.external_url, promql::Format(*definition_->rules[i].expr.parsed))});
    }
  }
  services.notify(messages);
}

// The rules of the "for" state are those of Prometheus: time that an alert had been pending counts, time of the outage
// does not, and one that would fire within the grace period waits for its end.
void Group::RestoreAlerts(const RuleServices& services, const RestoreOptions& options, int64_t now_ms) {
  restored_ = true;
  for (size_t i = 0; i < states_.size(); ++i) {
    const int64_t for_ms = definition_->rules[i].for_ms;
    if (for_ms == 0 || for_ms < options.grace_period_ms) continue;
    for (auto& [labels, alert] : states_[i].alerts.alerts()) {
      if (alert.state == Alert::State::kInactive) continue;
      std::vector<storage::Matcher> matchers;
      matchers.emplace_back(storage::Matcher::Type::kEqual, std::string(storage::kMetricName), kAlertsForState);
      for (const auto& [name, value] : labels) matchers.emplace_back(storage::Matcher::Type::kEqual, name, value);
      for (const storage::SeriesSamples& series : services.engine.storage().Select(
               matchers, now_ms - options.outage_tolerance_ms, now_ms, services.engine.options().max_samples)) {
        // The matchers let series with further labels through.
        if (series.labels.Without(storage::kMetricName) != labels || series.samples.empty()) continue;
        const storage::Sample last = series.samples.back();
        if (std::isnan(last.value)) continue;
        const auto active_at_ms = static_cast<int64_t>(last.value * 1000);
        const int64_t remaining_ms = for_ms - (last.timestamp_ms - active_at_ms);
        if (remaining_ms <= 0) {
          alert.active_at_ms = active_at_ms;
        } else if (remaining_ms < options.grace_period_ms) {
          alert.active_at_ms = now_ms + options.grace_period_ms - for_ms;
        } else {
          alert.active_at_ms = active_at_ms + (now_ms - last.timestamp_ms);
        }
      }
    }
  }
}

void Group::End(const RuleServices& services, int64_t now_ms) {
  for (RuleState& state : states_) state.live.Write(services.storage, now_ms, {});
}

std::shared_ptr<const GroupView> Group::View() const {
  auto view = std::make_shared<GroupView>();
  view->definition = definition_;
  view->interval_ms = interval_ms_;
  view->last_evaluation_ms = last_evaluation_ms_;
  view->last_duration_seconds = last_duration_seconds_;
  for (const RuleState& state : states_) {
    RuleView& rule = view->rules.emplace_back();
    rule.status = state.status;
    for (const auto& [labels, alert] : state.alerts.alerts()) {
      if (alert.state != Alert::State::kInactive) rule.alerts.push_back(alert);
    }
  }
  return view;
}

}  // namespace tidemark::rules
