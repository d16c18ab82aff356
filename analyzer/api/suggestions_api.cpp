#include "analyzer/api/suggestions_api.h"

#include <algorithm>

#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/report.h"
#include "analyzer/api/thresholds_api.h"
#include "analyzer/promql/format.h"
#include "analyzer/thresholds/suggestion.h"
#include "common/http/problem.h"
#include "common/number_format.h"

namespace tidemark::api {
namespace {

using rules::Indicator;
using thresholds::Suggestion;

/// A window has no more evaluations than this: they are further apart then.
constexpr int64_t kMaxSteps = 2880;

struct Asked {
  promql::Steps steps;
  double false_alarms_per_day = thresholds::kDefaultFalseAlarmsPerDay;
  std::string kind;       ///< empty: all
  std::string indicator;  ///< empty: all
  std::optional<http::Response> problem;
};

Asked ReadParams(const Analyzer& analyzer, const http::Request& request) {
  Asked asked;
  http::Request with_window = request;
  // Of a day unless something else is asked for.
  if (!request.Param("window")) with_window.params.emplace_back("window", "24h");
  AnalysisWindow window = ParseWindow(with_window, analyzer.clock().NowMs());
  if (window.problem) {
    asked.problem = std::move(window.problem);
    return asked;
  }
  const int64_t interval_ms = analyzer.evaluation_interval_ms();
  const int64_t length_ms = window.end_ms - window.start_ms;
  asked.steps.step_ms = (length_ms / kMaxSteps / interval_ms + 1) * interval_ms;
  asked.steps.end_ms = window.end_ms - window.end_ms % asked.steps.step_ms;
  asked.steps.start_ms = asked.steps.end_ms - length_ms / asked.steps.step_ms * asked.steps.step_ms;
  std::vector<http::FieldError> errors;
  if (const auto text = request.Param("false_alarms_per_day")) {
    const std::optional<double> rate = ParseFloat(*text);
    if (!rate || !(*rate > 0 && *rate <= 1000))
      errors.push_back({"/false_alarms_per_day", "must be a number above 0 and up to 1000"});
    asked.false_alarms_per_day = rate.value_or(1);
  }
  asked.kind = request.Param("kind").value_or("");
  if (!asked.kind.empty() && asked.kind != "missing" && asked.kind != "noisy" && asked.kind != "never_near")
    errors.push_back({"/kind", "must be missing, noisy or never_near"});
  asked.indicator = request.Param("indicator").value_or("");
  if (!errors.empty()) asked.problem = BadParameters(errors);
  return asked;
}

ordered_json SuggestionJson(const Indicator& indicator, const Suggestion& suggestion) {
  const bool is_new = suggestion.kind == Suggestion::Kind::kMissing;
  const std::string path = kThresholdsPath + (is_new ? "" : "/" + suggestion.threshold.name);
  return {{"indicator", indicator.name},
          {"kind", thresholds::KindName(suggestion.kind)},
          {"reason", suggestion.reason},
          {"request", {{"method", is_new ? "POST" : "PUT"}, {"path", path}}},
          {"threshold", thresholds::ToJson(suggestion.threshold)},
          {"backtest", thresholds::ToJson(suggestion.backtest)}};
}

/// A name that no threshold has.
std::string FreeName(const std::vector<thresholds::StoredThresholdPtr>& all, const std::string& wanted) {
  std::string name = wanted;
  std::ranges::replace(name, '_', '-');
  const std::string base = name;
  const auto is_taken = [&] {
    return std::ranges::any_of(all, [&](const auto& stored) { return stored->threshold.name == name; });
  };
  for (int i = 2; is_taken(); ++i) name = base + "-" + std::to_string(i);
  return name;
}

http::Response Suggestions(Analyzer& analyzer, const http::Request& request) {
  const Asked asked = ReadParams(analyzer, request);
  if (asked.problem) return *asked.problem;
  const std::vector<thresholds::StoredThresholdPtr> all = analyzer.thresholds().List();
  const RuleSetPtr rules = analyzer.rules();
  const auto down = thresholds::DownTargets::OfSteps(analyzer.engine(), asked.steps);
  ordered_json list = ordered_json::array();
  for (const Indicator& indicator : rules->indicators) {
    if (indicator.worse == Indicator::Worse::kNeither) continue;
    if (!asked.indicator.empty() && asked.indicator != indicator.name) continue;
    if (request.client_gone && *request.client_gone) break;
    const std::string expr = promql::Format(*indicator.expr.parsed);
    // A disabled one too: somebody has thought about it.
    const auto existing = std::ranges::find_if(all, [&](const auto& stored) {
      return promql::Format(*stored->threshold.parsed) == expr && !stored->threshold.baseline;
    });
    thresholds::SuggestionInput input{FreeName(all, indicator.name),
                                      indicator.title,
                                      indicator.unit,
                                      expr,
                                      indicator.worse == Indicator::Worse::kLower,
                                      existing == all.end() ? nullptr : &(*existing)->threshold};
    const auto suggestion =
        thresholds::Suggest(input, analyzer.engine(), asked.steps, down, asked.false_alarms_per_day);
    if (!suggestion || (!asked.kind.empty() && asked.kind != thresholds::KindName(suggestion->kind))) continue;
    list.push_back(SuggestionJson(indicator, *suggestion));
  }
  return JsonResponse({{"window", WindowJson(asked.steps.start_ms, asked.steps.end_ms)},
                       {"false_alarms_per_day", asked.false_alarms_per_day},
                       {"suggestions", list}});
}

}  // namespace

void AddSuggestionRoute(http::Router& router, Analyzer& analyzer) {
  router.Add("GET", "/api/v1/performance/suggestions", Guarded(analyzer, Suggestions), http::Lane::kLong);
}

}  // namespace tidemark::api
