#include "analyzer/api/performance_api.h"

#include <algorithm>

#include "analyzer/api/analyses.h"
#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/report.h"
#include "common/http/problem.h"
#include "common/http/url.h"
#include "common/json_fields.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

constexpr const char* kBaselines = "/api/v1/performance/baselines";
constexpr size_t kMaxNameBytes = 128;

http::Response Metrics(Analyzer& analyzer, const http::Request& request) {
  const std::optional<std::string> instance = request.Param("instance");
  const std::optional<std::string> resource = request.Param("resource");
  ordered_json metrics = ordered_json::array();
  for (const IndicatorValue& value : CurrentValues(analyzer, analyzer.clock().NowMs())) {
    if (instance && *instance != value.labels.Get("instance")) continue;
    if (resource && *resource != value.indicator.resource) continue;
    metrics.push_back(IndicatorValueJson(value));
  }
  return JsonResponse({{"metrics", metrics}});
}

http::Response Health(Analyzer& analyzer, const http::Request& /*request*/) {
  const RuleSetPtr rules = analyzer.rules();
  return JsonResponse(HealthJson(health::Score(rules->health, analyzer.engine(), analyzer.clock().NowMs())));
}

http::Response Trends(Analyzer& analyzer, const http::Request& request) {
  AnalysisWindow window = ParseWindow(request, analyzer.clock().NowMs());
  if (window.problem) return *window.problem;
  ordered_json trends = ordered_json::array();
  for (const TrendFinding& finding : FindTrends(analyzer, window.start_ms, window.end_ms))
    trends.push_back(TrendJson(finding));
  return JsonResponse({{"window", WindowJson(window.start_ms, window.end_ms)}, {"trends", trends}});
}

http::Response Regressions(Analyzer& analyzer, const http::Request& request) {
  AnalysisWindow window = ParseWindow(request, analyzer.clock().NowMs());
  if (window.problem) return *window.problem;
  ordered_json baseline_json = {{"start", FormatRfc3339(2 * window.start_ms - window.end_ms)},
                                {"end", FormatRfc3339(window.start_ms)}};
  std::vector<RegressionFinding> findings;
  if (const std::optional<std::string> name = request.Param("baseline")) {
    const std::optional<state::Baseline> baseline = analyzer.baselines().Get(*name);
    if (!baseline)
      return http::Problem(404, "there is no baseline \"" + *name + "\"",
                           {{"/baseline", "is unknown; save one with POST /api/v1/performance/baselines"}});
    baseline_json = {
        {"name", *name}, {"start", FormatRfc3339(baseline->from_ms)}, {"end", FormatRfc3339(baseline->to_ms)}};
    findings = FindRegressions(analyzer, window.start_ms, window.end_ms, *baseline);
  } else {
    findings = FindRegressions(analyzer, window.start_ms, window.end_ms);
  }
  ordered_json regressions = ordered_json::array();
  for (const RegressionFinding& finding : findings) regressions.push_back(RegressionJson(finding));
  return JsonResponse({{"window", WindowJson(window.start_ms, window.end_ms)},
                       {"baseline", baseline_json},
                       {"regressions", regressions}});
}

http::Response Report(Analyzer& analyzer, const http::Request& request) {
  AnalysisWindow window = ParseWindow(request, analyzer.clock().NowMs());
  if (window.problem) return *window.problem;
  std::string format = request.Param("format").value_or("");
  if (format.empty()) {
    const std::string_view accept = request.Header("accept");
    format = http::Accepts(accept, "text/html") ? "html" : http::Accepts(accept, "text/markdown") ? "markdown" : "json";
  }
  if (format != "json" && format != "markdown" && format != "html") {
    return http::Problem(400, "the parameter format is not usable", {{"/format", "must be json, markdown or html"}});
  }
  const ordered_json report = BuildReport(analyzer, window.start_ms, window.end_ms);
  if (format == "json") return JsonResponse(report);
  http::Response response;
  response.content_type = format == "html" ? "text/html; charset=utf-8" : "text/markdown; charset=utf-8";
  response.body = format == "html" ? ReportHtml(report) : ReportMarkdown(report);
  return response;
}

ordered_json BaselineJson(const state::Baseline& baseline) {
  return {{"name", baseline.name},
          {"start", FormatRfc3339(baseline.from_ms)},
          {"end", FormatRfc3339(baseline.to_ms)},
          {"created_at", FormatRfc3339(baseline.created_ms)}};
}

http::Response ListBaselines(Analyzer& analyzer, const http::Request& /*request*/) {
  ordered_json list = ordered_json::array();
  for (const state::Baseline& baseline : analyzer.baselines().List()) list.push_back(BaselineJson(baseline));
  return JsonResponse({{"baselines", list}});
}

bool IsBaselineName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         std::ranges::all_of(name,
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

/// {"name": …, "window": "1h", "end": time}: the last hour when only the name is given.
http::Response CreateBaseline(Analyzer& analyzer, const http::Request& request) {
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  std::vector<http::FieldError> errors;
  JsonFields fields(body.value, "", errors);
  const std::string* const name = fields.RequireText("name");
  if (name != nullptr && !IsBaselineName(*name))
    fields.Fail("name", "must be 1 to 128 letters, digits, \"-\", \"_\" or \".\"");
  const int64_t window_ms = fields.DurationMs("window").value_or(kDefaultAnalysisWindowMs);
  if (window_ms < kMinAnalysisWindowMs) fields.Fail("window", "must be at least 1s");
  const int64_t end_ms = fields.TimeMs("end").value_or(analyzer.clock().NowMs());
  fields.Finish();
  if (!errors.empty()) return InvalidBody("the baseline is not valid", errors);
  const state::Baseline baseline = TakeBaseline(analyzer, *name, end_ms - window_ms, end_ms);
  if (baseline.values.empty())
    return http::Problem(422, "there are no samples in that window", {{"/window", "holds no samples"}});
  switch (analyzer.baselines().Create(baseline)) {
    case state::BaselineStore::Outcome::kTaken:
      return http::Problem(409, "there is a baseline \"" + *name + "\" already", {{"/name", "is taken"}});
    case state::BaselineStore::Outcome::kFull:
      return http::Problem(
          507, "there are " + std::to_string(state::BaselineStore::kMaxBaselines) + " baselines; delete some first");
    case state::BaselineStore::Outcome::kDone:
      break;
  }
  http::Response response = JsonResponse(BaselineJson(baseline), 201);
  response.headers.emplace_back("Location", std::string(kBaselines) + "/" + *name);
  return response;
}

http::Response GetBaseline(Analyzer& analyzer, const http::Request& request) {
  const std::optional<state::Baseline> baseline = analyzer.baselines().Get(request.path_values[0]);
  return baseline ? JsonResponse(BaselineJson(*baseline))
                  : http::Problem(404, "there is no baseline \"" + request.path_values[0] + "\"");
}

http::Response DeleteBaseline(Analyzer& analyzer, const http::Request& request) {
  if (!analyzer.baselines().Delete(request.path_values[0]))
    return http::Problem(404, "there is no baseline \"" + request.path_values[0] + "\"");
  return {.status = 204, .body = ""};
}

}  // namespace

void AddPerformanceRoutes(http::Router& router, Analyzer& analyzer) {
  const auto add = [&](const char* method, const std::string& path, auto handler,
                       http::Lane lane = http::Lane::kQuick) {
    router.Add(method, path, Guarded(analyzer, handler), lane);
  };
  const std::string base = "/api/v1/performance/";
  add("GET", base + "metrics", Metrics, http::Lane::kLong);
  add("GET", base + "health", Health, http::Lane::kLong);
  add("GET", base + "trends", Trends, http::Lane::kLong);
  add("GET", base + "regressions", Regressions, http::Lane::kLong);
  add("GET", base + "report", Report, http::Lane::kLong);
  add("GET", kBaselines, ListBaselines);
  add("POST", kBaselines, CreateBaseline, http::Lane::kLong);
  add("GET", std::string(kBaselines) + "/{name}", GetBaseline);
  add("DELETE", std::string(kBaselines) + "/{name}", DeleteBaseline);
  router.Get(base + "events", [](const http::Request&) {
    return http::Response{.content_type = "text/event-stream",
                          .body = ": connected\n\n",
                          .headers = {{"Cache-Control", "no-store"}},
                          .event_channel = kEventChannel};
  });
}

}  // namespace tidemark::api
