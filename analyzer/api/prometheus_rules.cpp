#include "analyzer/api/prometheus_rules.h"

#include <algorithm>

#include "analyzer/api/prometheus_json.h"
#include "analyzer/promql/format.h"
#include "common/duration.h"
#include "common/number_format.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

ordered_json AlertsJson(const std::vector<rules::Alert>& alerts) {
  ordered_json list = ordered_json::array();
  for (const rules::Alert& alert : alerts) {
    ordered_json item = {{"labels", LabelsJson(alert.labels)},
                         {"annotations", LabelsJson(alert.annotations)},
                         {"state", rules::StateName(alert.state)},
                         {"activeAt", FormatRfc3339(alert.active_at_ms)}};
    if (alert.keep_firing_since_ms != 0) item["keepFiringSince"] = FormatRfc3339(alert.keep_firing_since_ms);
    item["value"] = FormatScientific(alert.value);
    list.push_back(std::move(item));
  }
  return list;
}

/// Go's zero time before the first evaluation.
std::string EvaluationTime(int64_t time_ms) { return time_ms == 0 ? "0001-01-01T00:00:00Z" : FormatRfc3339(time_ms); }

ordered_json RuleJson(const rules::Rule& rule, const rules::RuleView& view) {
  const bool alerting = rule.kind == rules::Rule::Kind::kAlerting;
  ordered_json item = {{"name", rule.name}, {"query", promql::Format(*rule.expr.parsed)}};
  if (alerting) {
    rules::Alert::State state = rules::Alert::State::kInactive;
    for (const rules::Alert& alert : view.alerts) state = std::max(state, alert.state);
    item["state"] = rules::StateName(state);
    item["duration"] = ToSeconds(rule.for_ms);
    item["keepFiringFor"] = ToSeconds(rule.keep_firing_for_ms);
    item["annotations"] = templating::TextsOf(rule.annotations);
    item["alerts"] = AlertsJson(view.alerts);
  }
  if (alerting || !rule.labels.empty()) item["labels"] = templating::TextsOf(rule.labels);
  item["health"] = view.status.last_evaluation_ms == 0 ? "unknown" : view.status.last_error.empty() ? "ok" : "err";
  if (!view.status.last_error.empty()) item["lastError"] = view.status.last_error;
  item["evaluationTime"] = view.status.last_duration_seconds;
  item["lastEvaluation"] = EvaluationTime(view.status.last_evaluation_ms);
  item["type"] = alerting ? "alerting" : "recording";
  return item;
}

http::Response Rules(const Analyzer& analyzer, const http::Request& request) {
  const std::string type = request.Param("type").value_or("");
  if (!type.empty() && type != "alert" && type != "record")
    return InvalidParameter("type", "not supported value \"" + type + "\"");
  ordered_json groups = ordered_json::array();
  for (const auto& group : analyzer.RuleGroups()) {
    ordered_json list = ordered_json::array();
    for (size_t i = 0; i < group->rules.size(); ++i) {
      const rules::Rule& rule = group->definition->rules[i];
      const bool alerting = rule.kind == rules::Rule::Kind::kAlerting;
      if (type.empty() || (type == "alert") == alerting) list.push_back(RuleJson(rule, group->rules[i]));
    }
    groups.push_back({{"name", group->definition->name},
                      {"file", group->definition->file},
                      {"rules", list},
                      {"interval", ToSeconds(group->interval_ms)},
                      {"limit", group->definition->limit},
                      {"evaluationTime", group->last_duration_seconds},
                      {"lastEvaluation", EvaluationTime(group->last_evaluation_ms)}});
  }
  return PrometheusData({{"groups", groups}});
}

/// Alerts of thresholds that are pending or firing, in Prometheus's words.
void AppendThresholdAlerts(const Analyzer& analyzer, ordered_json& alerts) {
  for (const thresholds::AlertView& view : analyzer.alerts().Alerts()) {
    const thresholds::Alert& alert = view.alert;
    if (alert.state != thresholds::AlertState::kPending && alert.state != thresholds::AlertState::kFiring) continue;
    ordered_json labels = LabelsJson(alert.labels);
    labels["alertname"] = view.threshold;
    labels["severity"] = thresholds::LevelName(alert.level);
    alerts.push_back({{"labels", labels},
                      {"annotations", LabelsJson(view.annotations)},
                      {"state", thresholds::StateName(alert.state)},
                      {"activeAt", FormatRfc3339(alert.active_since_ms)},
                      {"value", FormatScientific(alert.value)}});
  }
}

http::Response Alerts(const Analyzer& analyzer) {
  ordered_json alerts = ordered_json::array();
  for (const auto& group : analyzer.RuleGroups()) {
    for (const rules::RuleView& rule : group->rules) {
      for (ordered_json& alert : AlertsJson(rule.alerts)) alerts.push_back(std::move(alert));
    }
  }
  AppendThresholdAlerts(analyzer, alerts);
  return PrometheusData({{"alerts", alerts}});
}

}  // namespace

void AddPrometheusRuleRoutes(http::Router& router, Analyzer& analyzer) {
  router.Get("/api/v1/rules", [&](const http::Request& request) { return Rules(analyzer, request); });
  router.Get("/api/v1/alerts", [&](const http::Request&) { return Alerts(analyzer); });
}

}  // namespace tidemark::api
