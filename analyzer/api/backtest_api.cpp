#include "analyzer/api/backtest_api.h"

#include <algorithm>
#include <iterator>

#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "analyzer/thresholds/backtest_report.h"
#include "common/duration.h"
#include "common/http/problem.h"

namespace tidemark::api {
namespace {

using thresholds::Threshold;

constexpr int64_t kDefaultWindowMs = 24LL * 3'600'000;
/// Enough for a day of one a second.
constexpr int64_t kMaxEvaluations = 100'000;

/// What is asked, or everything that is wrong with it.
struct BacktestRequest {
  Threshold threshold;
  promql::Steps steps;
  std::vector<http::FieldError> errors;
};

class Reader {
 public:
  Reader(Analyzer& analyzer, const nlohmann::json& body) : analyzer_(analyzer), body_(body) {}

  BacktestRequest Read() {
    if (!body_.is_object()) {
      Fail("", "must be a JSON object");
      return std::move(out_);
    }
    ReadThreshold();
    ReadWindow();
    for (const auto& [name, value] : body_.items()) {
      if (name != "threshold" && name != "name" && name != "window" && name != "end")
        Fail("/" + name, "unknown field (known here: threshold, name, window, end)");
    }
    return std::move(out_);
  }

 private:
  void Fail(const std::string& pointer, const std::string& detail) { out_.errors.push_back({pointer, detail}); }

  void ReadThreshold() {
    const bool has_threshold = body_.contains("threshold");
    if (has_threshold == body_.contains("name")) {
      Fail("", "one of threshold (a body as for POST thresholds) and name (of one that is saved) must be given");
      return;
    }
    if (!has_threshold) {
      if (!body_["name"].is_string()) return Fail("/name", "must be a text");
      const auto stored = analyzer_.thresholds().Get(body_["name"].get<std::string>());
      if (stored == nullptr) return Fail("/name", "there is no such threshold");
      out_.threshold = stored->threshold;
      return;
    }
    thresholds::ParsedThreshold parsed = ReadThresholdBody(body_["threshold"], "/threshold");
    std::ranges::move(parsed.errors, std::back_inserter(out_.errors));
    out_.threshold = std::move(parsed.threshold);
  }

  /// The evaluations that fall into the window, at the times at which a live one is.
  void ReadWindow() {
    const int64_t interval_ms = analyzer_.evaluation_interval_ms();
    int64_t window_ms = std::min(kDefaultWindowMs, interval_ms * (kMaxEvaluations - 1));
    int64_t end_ms = analyzer_.clock().NowMs();
    if (body_.contains("window")) {
      const nlohmann::json& value = body_["window"];
      const auto parsed = value.is_string() ? ParseDurationMs(value.get<std::string>()) : std::nullopt;
      if (!parsed || *parsed <= 0) return Fail("/window", "must be a duration such as 24h or 90m");
      window_ms = *parsed;
    }
    if (body_.contains("end")) {
      const nlohmann::json& value = body_["end"];
      const auto parsed = value.is_string()   ? ParseTimeMs(value.get<std::string>())
                          : value.is_number() ? ParseTimeMs(value.dump())
                                              : std::nullopt;
      if (!parsed) return Fail("/end", "must be Unix seconds or RFC 3339");
      end_ms = *parsed;
    }
    out_.steps.step_ms = interval_ms;
    out_.steps.end_ms = end_ms - end_ms % interval_ms;
    out_.steps.start_ms = out_.steps.end_ms - window_ms / interval_ms * interval_ms;
    if (window_ms / interval_ms >= kMaxEvaluations) {
      Fail("/window", "has more than 100,000 evaluations, which are " + FormatDurationMs(interval_ms) +
                          " apart; choose a shorter one");
    }
  }

  Analyzer& analyzer_;
  const nlohmann::json& body_;
  BacktestRequest out_;
};

http::Response Backtest(Analyzer& analyzer, const http::Request& request) {
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  const BacktestRequest asked = Reader(analyzer, body.value).Read();
  if (!asked.errors.empty()) return InvalidBody("the backtest cannot be made", asked.errors);
  try {
    const promql::ClientQuery client{analyzer.engine().options().timeout, request.client_gone};
    return JsonResponse(
        thresholds::ToJson(thresholds::RunBacktest(asked.threshold, analyzer.engine(), asked.steps, client)));
  } catch (const promql::TimeoutError& error) {
    return http::Problem(503, error.what());
  } catch (const promql::CancelledError& error) {
    return http::Problem(503, error.what());
  } catch (const std::runtime_error& error) {
    return http::Problem(422, std::string("the expression cannot be evaluated: ") + error.what());
  }
}

}  // namespace

void AddBacktestRoute(http::Router& router, Analyzer& analyzer) {
  router.Add(
      "POST", "/api/v1/performance/backtest", [&](const http::Request& request) { return Backtest(analyzer, request); },
      http::Lane::kQuery);
}

}  // namespace tidemark::api
