#include "analyzer/rules/alert_states.h"

#include "analyzer/promql/errors.h"

namespace tidemark::rules {
namespace {

/// The alert that a series means.
Alert MakeAlert(const Rule& rule, const templating::AlertContext& context, int64_t now_ms,
                const storage::SeriesSamples& series) {
  Alert alert;
  alert.value = series.samples.front().value;
  alert.active_at_ms = now_ms;
  const templating::AlertValues values{.labels = series.labels, .value = alert.value};
  alert.labels = series.labels.Without(storage::kMetricName);
  for (const auto& [name, text] : templating::Expand(rule.labels, values, context))
    alert.labels = alert.labels.With(name, text);
  alert.labels = alert.labels.With("alertname", rule.name);
  alert.annotations = templating::Expand(rule.annotations, values, context);
  return alert;
}

/// What happens to an alert whose series is gone; whether it is to be forgotten.
bool StepGone(const Rule& rule, int64_t now_ms, Alert& alert) {
  if (alert.state == Alert::State::kPending) return true;
  if (alert.state == Alert::State::kInactive) return now_ms - alert.resolved_at_ms > AlertStates::kResolvedKeptMs;
  if (rule.keep_firing_for_ms > 0) {
    if (alert.keep_firing_since_ms == 0) alert.keep_firing_since_ms = now_ms;
    if (now_ms - alert.keep_firing_since_ms < rule.keep_firing_for_ms) return false;
  }
  alert.state = Alert::State::kInactive;
  alert.resolved_at_ms = now_ms;
  return false;
}

}  // namespace

const char* StateName(Alert::State state) {
  switch (state) {
    case Alert::State::kPending:
      return "pending";
    case Alert::State::kFiring:
      return "firing";
    case Alert::State::kInactive:
      break;
  }
  return "inactive";
}

void AlertStates::Step(const Rule& rule, size_t limit, const templating::AlertContext& context, int64_t now_ms,
                       std::span<const storage::SeriesSamples> series) {
  std::map<storage::Labels, Alert> given;
  for (const storage::SeriesSamples& one : series) {
    Alert alert = MakeAlert(rule, context, now_ms, one);
    const storage::Labels labels = alert.labels;
    if (!given.emplace(labels, std::move(alert)).second)
      throw promql::EvalError("vector contains metrics with the same labelset after applying alert labels");
  }
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    const bool forget = !given.contains(it->first) && StepGone(rule, now_ms, it->second);
    it = forget ? alerts_.erase(it) : std::next(it);
  }
  for (auto& [labels, alert] : given) {
    Alert& held = alerts_.try_emplace(labels, alert).first->second;
    if (held.state == Alert::State::kInactive) {
      held = std::move(alert);
    } else {
      held.value = alert.value;
      held.annotations = std::move(alert.annotations);
      held.keep_firing_since_ms = 0;
    }
    if (held.state == Alert::State::kPending && now_ms - held.active_at_ms >= rule.for_ms) {
      held.state = Alert::State::kFiring;
      held.fired_at_ms = now_ms;
    }
  }
  if (limit > 0 && alerts_.size() > limit) {
    const size_t count = alerts_.size();
    alerts_.clear();
    throw promql::EvalError("exceeded limit of " + std::to_string(limit) + " with " + std::to_string(count) +
                            " alerts");
  }
}

}  // namespace tidemark::rules
