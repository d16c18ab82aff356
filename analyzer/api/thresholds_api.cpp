#include "analyzer/api/thresholds_api.h"

#include <algorithm>

#include "analyzer/api/alert_json.h"
#include "analyzer/api/json_body.h"
#include "common/http/problem.h"
#include "common/http/url.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

using Outcome = thresholds::ThresholdStore::Outcome;

constexpr const char* kCollection = "/api/v1/performance/thresholds";

ordered_json ThresholdJson(const Analyzer& analyzer, const thresholds::StoredThreshold& stored) {
  ordered_json json = thresholds::ToJson(stored.threshold);
  json["origin"] = stored.origin == thresholds::StoredThreshold::Origin::kShipped ? "shipped" : "api";
  json["version"] = stored.version;
  json["updated_at"] = stored.updated_ms == 0 ? ordered_json() : ordered_json(FormatRfc3339(stored.updated_ms));
  const thresholds::EvaluationStatus status = analyzer.alerts().Status(stored.threshold.name);
  json["last_evaluation"] =
      status.last_evaluation_ms == 0 ? ordered_json() : ordered_json(FormatRfc3339(status.last_evaluation_ms));
  json["last_error"] = status.last_error.empty() ? ordered_json() : ordered_json(status.last_error);
  return json;
}

http::Response ThresholdResponse(const Analyzer& analyzer, const thresholds::StoredThreshold& stored,
                                 int status = 200) {
  http::Response response = JsonResponse(ThresholdJson(analyzer, stored), status);
  response.headers.emplace_back("ETag", stored.Etag());
  return response;
}

/// What GET adds to a body, so that a body that was read can be sent back as it is.
void RemoveReadOnlyFields(nlohmann::json& body) {
  if (!body.is_object()) return;
  for (const char* field : {"origin", "version", "updated_at", "last_evaluation", "last_error"}) body.erase(field);
}

/// A threshold from a request body, or the answer that says what is wrong with it.
struct ReadThreshold {
  thresholds::Threshold threshold;
  std::optional<http::Response> problem;
};

ReadThreshold ReadBody(const http::Request& request, const std::optional<std::string>& path_name) {
  JsonBody body = ParseJsonBody(request);
  if (body.problem) return {{}, std::move(body.problem)};
  RemoveReadOnlyFields(body.value);
  if (path_name && body.value.is_object() && !body.value.contains("name")) body.value["name"] = *path_name;
  thresholds::ParsedThreshold parsed = thresholds::ParseThreshold(body.value);
  if (path_name && parsed.errors.empty() && parsed.threshold.name != *path_name) {
    parsed.errors.push_back({"/name", "differs from the name in the path; delete and create to rename"});
  }
  if (!parsed.errors.empty()) {
    return {
        {},
        http::Problem(
            422, "the threshold is not valid: " + parsed.errors.front().pointer + " " + parsed.errors.front().detail,
            parsed.errors)};
  }
  return {std::move(parsed.threshold), std::nullopt};
}

std::optional<std::string> IfMatch(const http::Request& request) {
  const std::string_view value = request.Header("if-match");
  return value.empty() ? std::nullopt : std::optional<std::string>(value);
}

http::Response NotFound(const std::string& name) {
  return http::Problem(404, "there is no threshold \"" + name + "\"");
}

http::Response Conflict() {
  return http::Problem(412, "the threshold has changed since; read it again and repeat the change with its new ETag");
}

http::Response Full() {
  return http::Problem(507, "there are " + std::to_string(thresholds::ThresholdStore::kMaxThresholds) +
                                " thresholds; delete some first");
}

http::Response List(Analyzer& analyzer) {
  ordered_json list = ordered_json::array();
  for (const thresholds::StoredThresholdPtr& stored : analyzer.thresholds().List())
    list.push_back(ThresholdJson(analyzer, *stored));
  return JsonResponse({{"thresholds", list}});
}

http::Response Create(Analyzer& analyzer, const http::Request& request) {
  ReadThreshold read = ReadBody(request, std::nullopt);
  if (read.problem) return *read.problem;
  const std::string name = read.threshold.name;
  const auto change = analyzer.thresholds().Create(std::move(read.threshold));
  if (change.outcome == Outcome::kTaken) {
    return http::Problem(
        409, "there is a threshold \"" + name + "\" already; change it with PUT " + kCollection + "/" + name,
        {{"/name", "is taken"}});
  }
  if (change.outcome == Outcome::kFull) return Full();
  http::Response response = ThresholdResponse(analyzer, *change.stored, 201);
  response.headers.emplace_back("Location", std::string(kCollection) + "/" + http::EncodePercent(name));
  return response;
}

http::Response Get(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  const thresholds::StoredThresholdPtr stored = analyzer.thresholds().Get(name);
  return stored ? ThresholdResponse(analyzer, *stored) : NotFound(name);
}

http::Response Put(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  ReadThreshold read = ReadBody(request, name);
  if (read.problem) return *read.problem;
  const bool existed = analyzer.thresholds().Get(name) != nullptr;
  const auto change = analyzer.thresholds().Put(std::move(read.threshold), IfMatch(request));
  if (change.outcome == Outcome::kConflict) return Conflict();
  if (change.outcome == Outcome::kFull) return Full();
  return ThresholdResponse(analyzer, *change.stored, existed ? 200 : 201);
}

http::Response Delete(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  switch (analyzer.thresholds().Delete(name, IfMatch(request)).outcome) {
    case Outcome::kUnknown:
      return NotFound(name);
    case Outcome::kConflict:
      return Conflict();
    default:
      return {.status = 204, .body = ""};
  }
}

http::Response Alerts(Analyzer& analyzer, const http::Request& request) {
  const std::string state = request.Param("state").value_or("active");
  if (state != "active" && state != "all" && !thresholds::StateFromName(state)) {
    return http::Problem(400, "the parameter state is not usable",
                         {{"/state", "must be active, all, pending, firing or resolved"}});
  }
  const std::optional<std::string> severity = request.Param("severity");
  if (severity && !thresholds::LevelFromName(*severity)) {
    return http::Problem(400, "the parameter severity is not usable",
                         {{"/severity", "must be info, warning or critical"}});
  }
  const std::optional<std::string> threshold = request.Param("threshold");
  const std::optional<std::string> instance = request.Param("instance");
  ordered_json alerts = ordered_json::array();
  for (const thresholds::AlertView& view : analyzer.alerts().Alerts()) {
    const std::string view_state = thresholds::StateName(view.alert.state);
    if (state == "active" ? view.alert.state == thresholds::AlertState::kResolved
                          : state != "all" && state != view_state)
      continue;
    if (severity && *severity != thresholds::LevelName(view.alert.level)) continue;
    if (threshold && *threshold != view.threshold) continue;
    if (instance && *instance != view.alert.labels.Get("instance")) continue;
    alerts.push_back(AlertJson(view));
  }
  return JsonResponse({{"alerts", alerts}});
}

}  // namespace

void AddThresholdRoutes(http::Router& router, Analyzer& analyzer) {
  const std::string item = std::string(kCollection) + "/{name}";
  // A change that the disk refuses must not look like a fault of the request.
  const auto guarded = [&analyzer](auto handler) {
    return [&analyzer, handler](const http::Request& request) {
      try {
        return handler(analyzer, request);
      } catch (const state::DatabaseError& error) {
        return http::Problem(507, std::string("the change could not be saved and was not made: ") + error.what());
      }
    };
  };
  router.Get(kCollection, [&](const http::Request&) { return List(analyzer); });
  router.Add("POST", kCollection, guarded(Create));
  router.Get(item, [&](const http::Request& request) { return Get(analyzer, request); });
  router.Add("PUT", item, guarded(Put));
  router.Add("DELETE", item, guarded(Delete));
  router.Get("/api/v1/performance/alerts", [&](const http::Request& request) { return Alerts(analyzer, request); });
}

}  // namespace tidemark::api
