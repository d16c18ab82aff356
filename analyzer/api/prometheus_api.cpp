#include "analyzer/api/prometheus_api.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>

#include "analyzer/api/json_body.h"
#include "analyzer/api/prometheus_json.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/query_result_json.h"
#include "analyzer/promql/format.h"
#include "common/duration.h"
#include "common/exposition/parser.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

http::Response BadData(const std::string& message) { return PrometheusError(400, "bad_data", message); }

/// The parameter `query`: its expression, or the error answer.
struct QueryParam {
  promql::ExprPtr expr;
  std::optional<http::Response> error;
};

/// `names_parameter`: whether the error says which parameter it is of. At some endpoints it does in Prometheus.
QueryParam ReadQuery(const http::Request& request, bool names_parameter) {
  try {
    return {promql::ParseExpr(request.Param("query").value_or("")), std::nullopt};
  } catch (const promql::ParseError& error) {
    return {nullptr, names_parameter ? InvalidParameter("query", error.what()) : BadData(error.what())};
  }
}

/// A time parameter: its value, the default when it is missing, or the error answer.
struct TimeParam {
  int64_t time_ms = 0;
  std::optional<http::Response> error;
};

std::string NoTimestamp(const std::string& text) { return "cannot parse \"" + text + "\" to a valid timestamp"; }

TimeParam ReadTime(const http::Request& request, const std::string& name, int64_t fallback_ms) {
  const std::optional<std::string> text = request.Param(name);
  if (!text || text->empty()) return {fallback_ms, std::nullopt};
  if (const std::optional<int64_t> time_ms = ParseTimeMs(*text)) return {*time_ms, std::nullopt};
  return {0, InvalidParameter(name, "Invalid time value for '" + name + "': " + NoTimestamp(*text))};
}

/// The same without a default.
TimeParam RequireTime(const http::Request& request, const std::string& name) {
  const std::string text = request.Param(name).value_or("");
  if (const std::optional<int64_t> time_ms = ParseTimeMs(text)) return {*time_ms, std::nullopt};
  return {0, InvalidParameter(name, NoTimestamp(text))};
}

/// A client's query: the parameter `timeout` may shorten the engine's own, `lookback_delta` replaces its.
struct ClientParam {
  promql::ClientQuery query;
  std::optional<http::Response> error;
};

ClientParam ReadClient(const Analyzer& analyzer, const http::Request& request) {
  ClientParam client{{analyzer.engine().options().timeout, request.client_gone}, std::nullopt};
  const auto duration = [&](const std::string& name) -> std::optional<int64_t> {
    const std::optional<std::string> text = request.Param(name);
    if (!text || text->empty()) return std::nullopt;
    const std::optional<int64_t> parsed_ms = ParseStepMs(*text);
    if (!parsed_ms) client.error = InvalidParameter(name, "cannot parse \"" + *text + "\" to a valid duration");
    return parsed_ms;
  };
  if (const auto timeout_ms = duration("timeout")) client.query.timeout = std::chrono::milliseconds(*timeout_ms);
  if (const auto lookback_ms = duration("lookback_delta")) client.query.lookback_ms = *lookback_ms;
  return client;
}

/// What a query took, as the parameter `stats` asks for it. Parsing, sorting and waiting are not told apart.
ordered_json StatisticsJson(const promql::QueryStatistics& statistics, double seconds) {
  return {
      {"timings",
       {{"evalTotalTime", seconds},
        {"resultSortTime", 0},
        {"queryPreparationTime", 0},
        {"innerEvalTime", seconds},
        {"execQueueTime", 0},
        {"execTotalTime", seconds}}},
      {"samples", {{"totalQueryableSamples", statistics.queryable_samples}, {"peakSamples", statistics.peak_samples}}}};
}

/// The result of `evaluate`, or its failure with Prometheus's status.
template <typename F>
http::Response QueryAnswer(const http::Request& request, F&& evaluate) {
  try {
    const auto begin = std::chrono::steady_clock::now();
    promql::QueryResult result = evaluate();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::string stats;
    if (!request.Param("stats").value_or("").empty())
      stats = ",\"stats\":" + StatisticsJson(result.statistics, seconds).dump();
    const auto json = std::make_shared<QueryResultJson>(std::move(result), std::move(stats));
    return http::PiecewiseResponse("application/json", [json](std::string& out) { return json->Append(out); });
  } catch (const promql::TimeoutError& error) {
    return PrometheusError(503, "timeout", error.what());
  } catch (const promql::CancelledError& error) {
    return PrometheusError(503, "canceled", error.what());
  } catch (const promql::EvalError& error) {
    return PrometheusError(422, "execution", error.what());
  } catch (const storage::QueryError& error) {
    return PrometheusError(422, "execution", error.what());
  }
}

http::Response Query(Analyzer& analyzer, const http::Request& request) {
  const TimeParam time = ReadTime(request, "time", analyzer.clock().NowMs());
  if (time.error) return *time.error;
  const ClientParam client = ReadClient(analyzer, request);
  if (client.error) return *client.error;
  const QueryParam query = ReadQuery(request, true);
  if (query.error) return *query.error;
  return QueryAnswer(request, [&] { return analyzer.engine().Instant(*query.expr, time.time_ms, client.query); });
}

http::Response FormatQuery(Analyzer& /*analyzer*/, const http::Request& request) {
  const QueryParam query = ReadQuery(request, true);
  return query.error ? *query.error : PrometheusData(promql::FormatInLines(*query.expr));
}

http::Response QueryRange(Analyzer& analyzer, const http::Request& request) {
  const TimeParam start = RequireTime(request, "start");
  if (start.error) return *start.error;
  const TimeParam end = RequireTime(request, "end");
  if (end.error) return *end.error;
  if (end.time_ms < start.time_ms) return InvalidParameter("end", "end timestamp must not be before start time");
  const std::string step_text = request.Param("step").value_or("");
  const std::optional<int64_t> step_ms = ParseStepMs(step_text);
  if (!step_ms) return InvalidParameter("step", "cannot parse \"" + step_text + "\" to a valid duration");
  if (*step_ms <= 0)
    return InvalidParameter("step",
                            "zero or negative query resolution step widths are not accepted. Try a positive integer");
  const promql::Steps steps{start.time_ms, end.time_ms, *step_ms};
  if ((steps.end_ms - steps.start_ms) / steps.step_ms > static_cast<int64_t>(promql::kMaxRangePoints)) {
    return BadData(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
  }
  const ClientParam client = ReadClient(analyzer, request);
  if (client.error) return *client.error;
  const QueryParam query = ReadQuery(request, false);
  if (query.error) return *query.error;
  if (!promql::IsScalarOrVector(query.expr->type)) {
    return BadData(std::string("invalid expression type \"") + promql::TypeName(query.expr->type) +
                   "\" for range query, must be Scalar or instant Vector");
  }
  return QueryAnswer(request, [&] { return analyzer.engine().Range(*query.expr, steps, client.query); });
}

/// What match[] says. \throw std::runtime_error that tells what is wrong
std::vector<std::vector<storage::Matcher>> ParseSelectors(const std::vector<std::string>& selectors) {
  std::vector<std::vector<storage::Matcher>> all;
  all.reserve(selectors.size());
  for (const std::string& selector : selectors) all.push_back(promql::ParseSelector(selector));
  for (const auto& matchers : all) {
    if (std::ranges::all_of(matchers, &storage::Matcher::MatchesEmpty))
      throw std::runtime_error("match[] must contain at least one non-empty matcher");
  }
  return all;
}

/// Series that any match[] selects in the time range; all series without match[].
struct MatchedSeries {
  std::vector<storage::Labels> series;
  std::optional<http::Response> error;
};

/// `names_parameter`: as of ReadQuery.
MatchedSeries FindSeries(Analyzer& analyzer, const http::Request& request, bool names_parameter) {
  MatchedSeries found;
  const TimeParam start = ReadTime(request, "start", storage::kMinTime);
  const TimeParam end = ReadTime(request, "end", storage::kMaxTime);
  if (start.error || end.error) {
    found.error = start.error ? start.error : end.error;
    return found;
  }
  const std::vector<std::string> selectors = request.Params("match[]");
  if (selectors.empty()) {
    found.series = analyzer.store().Series({}, start.time_ms, end.time_ms);
    return found;
  }
  std::set<storage::Labels> all;
  try {
    for (const auto& matchers : ParseSelectors(selectors)) {
      for (storage::Labels& labels : analyzer.store().Series(matchers, start.time_ms, end.time_ms))
        all.insert(std::move(labels));
    }
  } catch (const std::runtime_error& error) {
    found.error = names_parameter ? InvalidParameter("match[]", error.what()) : BadData(error.what());
    return found;
  }
  found.series.assign(all.begin(), all.end());
  return found;
}

http::Response LabelNames(Analyzer& analyzer, const http::Request& request) {
  const MatchedSeries found = FindSeries(analyzer, request, false);
  if (found.error) return *found.error;
  std::set<std::string> names;
  for (const storage::Labels& labels : found.series) {
    for (const auto& [name, value] : labels) names.insert(name);
  }
  return PrometheusData(names);
}

http::Response LabelValues(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  if (!exposition::IsValidLabelName(name)) return BadData("invalid label name: \"" + name + "\"");
  const MatchedSeries found = FindSeries(analyzer, request, false);
  if (found.error) return *found.error;
  std::set<std::string> values;
  for (const storage::Labels& labels : found.series) {
    if (const std::string_view value = labels.Get(name); !value.empty()) values.emplace(value);
  }
  return PrometheusData(values);
}

http::Response Series(Analyzer& analyzer, const http::Request& request) {
  if (request.Params("match[]").empty()) return BadData("no match[] parameter provided");
  const MatchedSeries found = FindSeries(analyzer, request, true);
  if (found.error) return *found.error;
  return PrometheusSuccess([&](std::string& data) {
    char separator = '[';
    for (const storage::Labels& labels : found.series) {
      data += separator;
      separator = ',';
      AppendLabels(data, labels);
    }
    data += found.series.empty() ? "[]" : "]";
  });
}

ordered_json TargetJson(const scrape::TargetStatus& status) {
  constexpr const char* kHealth[] = {"unknown", "up", "down"};
  const scrape::Target& target = status.target;
  return {{"discoveredLabels", LabelsJson(target.discovered_labels)},
          {"labels", LabelsJson(target.labels)},
          {"scrapePool", target.job->job_name},
          {"scrapeUrl", target.Url()},
          {"globalUrl", target.Url()},
          {"lastError", status.last_error},
          {"lastScrape", status.last_scrape_ms == 0 ? "0001-01-01T00:00:00Z" : FormatRfc3339(status.last_scrape_ms)},
          {"lastScrapeDuration", status.last_duration_seconds},
          {"health", kHealth[static_cast<int>(status.health)]},
          {"scrapeInterval", FormatDurationMs(target.scrape_interval_ms)},
          {"scrapeTimeout", FormatDurationMs(target.scrape_timeout_ms)}};
}

http::Response Targets(Analyzer& analyzer, const http::Request& request) {
  const std::string state = request.Param("state").value_or("any");
  ordered_json active = ordered_json::array();
  if (state != "dropped") {
    for (const scrape::TargetStatus& status : analyzer.scrapes().Targets()) active.push_back(TargetJson(status));
  }
  ordered_json dropped = ordered_json::array();
  if (state != "active") {
    for (const storage::Labels& labels : analyzer.scrapes().DroppedTargets())
      dropped.push_back({{"discoveredLabels", LabelsJson(labels)}});
  }
  const ordered_json data = {{"activeTargets", active}, {"droppedTargets", dropped}};
  return PrometheusData(data);
}

/// There are no exemplars: scraping leaves them out.
http::Response QueryExemplars(Analyzer& analyzer, const http::Request& request) {
  const TimeParam start = ReadTime(request, "start", storage::kMinTime);
  const TimeParam end = ReadTime(request, "end", analyzer.clock().NowMs());
  if (start.error) return *start.error;
  if (end.error) return *end.error;
  if (end.time_ms < start.time_ms) return BadData("end timestamp must not be before start timestamp");
  const QueryParam query = ReadQuery(request, false);
  return query.error ? *query.error : PrometheusData(ordered_json::array());
}

}  // namespace

void AddPrometheusRoutes(http::Router& router, Analyzer& analyzer) {
  const auto get_and_post = [&](const char* path, auto handler, http::Lane lane = http::Lane::kQuick) {
    for (const char* method : {"GET", "POST"}) {
      router.Add(
          method, path, [&analyzer, handler](const http::Request& request) { return handler(analyzer, request); },
          lane);
    }
  };
  get_and_post("/api/v1/query", Query, http::Lane::kQuery);
  get_and_post("/api/v1/query_range", QueryRange, http::Lane::kQuery);
  get_and_post("/api/v1/query_exemplars", QueryExemplars);
  get_and_post("/api/v1/format_query", FormatQuery);
  get_and_post("/api/v1/labels", LabelNames, http::Lane::kLong);
  get_and_post("/api/v1/series", Series, http::Lane::kLong);
  router.Get(
      "/api/v1/label/{name}/values", [&](const http::Request& request) { return LabelValues(analyzer, request); },
      http::Lane::kLong);
  router.Get("/api/v1/targets", [&](const http::Request& request) { return Targets(analyzer, request); });
}

}  // namespace tidemark::api
