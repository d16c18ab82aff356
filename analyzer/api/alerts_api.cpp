#include "analyzer/api/alerts_api.h"

#include "analyzer/api/alert_json.h"
#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "common/http/problem.h"
#include "common/json_fields.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

constexpr const char* kAlertsPath = "/api/v1/performance/alerts";
constexpr size_t kMaxHistoryLimit = 1000;

http::Response Alerts(Analyzer& analyzer, const http::Request& request) {
  const std::string state = request.Param("state").value_or("active");
  std::vector<http::FieldError> errors;
  if (state != "active" && state != "all" && !thresholds::StateFromName(state))
    errors.push_back({"/state", "must be active, all, pending, firing or resolved"});
  const std::optional<std::string> severity = request.Param("severity");
  if (severity && !thresholds::LevelFromName(*severity))
    errors.push_back({"/severity", "must be info, warning or critical"});
  if (!errors.empty()) return BadParameters(errors);
  const std::optional<std::string> threshold = request.Param("threshold");
  const std::optional<std::string> instance = request.Param("instance");
  std::vector<thresholds::AlertView> views;
  for (thresholds::AlertView& view : analyzer.alerts().Alerts()) {
    const std::string view_state = thresholds::StateName(view.alert.state);
    if (state == "active" ? view.alert.state == thresholds::AlertState::kResolved
                          : state != "all" && state != view_state)
      continue;
    if (severity && *severity != thresholds::LevelName(view.alert.level)) continue;
    if (threshold && *threshold != view.threshold) continue;
    if (instance && *instance != view.alert.labels.Get("instance")) continue;
    views.push_back(std::move(view));
  }
  return JsonResponse({{"alerts", AlertsJson(analyzer, views)}});
}

/// The alert of an id that fires, or null.
std::optional<thresholds::AlertView> FiringAlert(const Analyzer& analyzer, const std::string& id) {
  for (thresholds::AlertView& view : analyzer.alerts().Alerts()) {
    if (view.alert.state == thresholds::AlertState::kFiring &&
        thresholds::AlertId(view.threshold, view.alert.labels) == id)
      return std::move(view);
  }
  return std::nullopt;
}

http::Response NoSuchAlert(const std::string& id) {
  return http::Problem(404, "there is no alert \"" + id + "\" that fires");
}

/// {"comment": …}: somebody looks after it.
http::Response Acknowledge(Analyzer& analyzer, const http::Request& request) {
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  std::vector<http::FieldError> errors;
  JsonFields fields(body.value, "", errors);
  const std::string* comment = fields.RequireText("comment");
  fields.Finish();
  if (!errors.empty()) return http::Problem(422, "the acknowledgement is not valid", errors);
  const std::string& id = request.path_values[0];
  const std::optional<thresholds::AlertView> view = FiringAlert(analyzer, id);
  if (!view) return NoSuchAlert(id);
  analyzer.acknowledgements().Put(id,
                                  {view->alert.firing_since_ms, analyzer.clock().NowMs(), AuthorOf(request), *comment});
  return JsonResponse(AlertsJson(analyzer, {*view}).front());
}

http::Response Unacknowledge(Analyzer& analyzer, const http::Request& request) {
  const std::string& id = request.path_values[0];
  if (!analyzer.acknowledgements().Remove(id)) return NoSuchAlert(id);
  return {.status = 204, .body = ""};
}

http::Response History(Analyzer& analyzer, const http::Request& request) {
  const Paging paging = ReadPaging(request, 100, kMaxHistoryLimit);
  if (paging.problem) return *paging.problem;
  thresholds::AlertHistoryFilter filter{.threshold = request.Param("threshold"),
                                        .alert_id = request.Param("alert"),
                                        .instance = request.Param("instance"),
                                        .before_id = paging.before,
                                        .limit = paging.limit};
  std::vector<http::FieldError> errors;
  if (const auto severity = request.Param("severity")) {
    filter.level = thresholds::LevelFromName(*severity);
    if (!filter.level) errors.push_back({"/severity", "must be info, warning or critical"});
  }
  if (const auto change = request.Param("change")) {
    filter.change = thresholds::ChangeFromName(*change);
    if (!filter.change)
      errors.push_back({"/change", "must be pending, firing, escalated, deescalated, resolved or cancelled"});
  }
  for (const auto& [name, target] : {std::pair("start", &filter.from_ms), std::pair("end", &filter.to_ms)}) {
    const auto text = request.Param(name);
    if (!text) continue;
    const std::optional<int64_t> time_ms = ParseTimeMs(*text);
    if (!time_ms) errors.push_back({std::string("/") + name, "must be Unix seconds or RFC 3339"});
    *target = time_ms.value_or(0);
  }
  if (!errors.empty()) return BadParameters(errors);
  const std::vector<thresholds::AlertHistoryEntry> entries = analyzer.alert_log().History(filter);
  ordered_json list = ordered_json::array();
  for (const thresholds::AlertHistoryEntry& entry : entries) list.push_back(AlertHistoryJson(entry));
  ordered_json answer = {{"history", list}};
  if (entries.size() == paging.limit) answer["next_cursor"] = std::to_string(entries.back().id);
  return JsonResponse(answer);
}

}  // namespace

void AddAlertRoutes(http::Router& router, Analyzer& analyzer) {
  router.Add("GET", kAlertsPath, Guarded(analyzer, Alerts));
  router.Add("GET", std::string(kAlertsPath) + "/history", Guarded(analyzer, History));
  router.Add("POST", std::string(kAlertsPath) + "/{id}/ack", Guarded(analyzer, Acknowledge));
  router.Add("DELETE", std::string(kAlertsPath) + "/{id}/ack", Guarded(analyzer, Unacknowledge));
}

}  // namespace tidemark::api
