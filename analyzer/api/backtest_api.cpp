#include "analyzer/api/backtest_api.h"

#include <algorithm>
#include <iterator>

#include "analyzer/api/json_body.h"
#include "analyzer/api/threshold_json.h"
#include "analyzer/thresholds/backtest_report.h"
#include "common/duration.h"
#include "common/http/problem.h"
#include "common/json_fields.h"

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
  Reader(Analyzer& analyzer, const nlohmann::json& body) : analyzer_(analyzer), fields_(body, "", out_.errors) {}

  BacktestRequest Read() {
    if (!out_.errors.empty()) return std::move(out_);  // it is no object
    ReadThreshold();
    ReadWindow();
    fields_.Finish();
    return std::move(out_);
  }

 private:
  void ReadThreshold() {
    const nlohmann::json* const body = fields_.Find("threshold");
    const std::string* const name = fields_.Text("name");
    if (fields_.Has("threshold") == fields_.Has("name")) {
      fields_.Fail("",
                   "one of threshold (a body as for POST thresholds) and name (of one that is saved) must be given");
      return;
    }
    if (body != nullptr) {
      thresholds::ParsedThreshold parsed = ReadThresholdBody(*body, "/threshold");
      std::ranges::move(parsed.errors, std::back_inserter(out_.errors));
      out_.threshold = std::move(parsed.threshold);
    } else if (name != nullptr) {
      const auto stored = analyzer_.thresholds().Get(*name);
      if (stored == nullptr) return fields_.Fail("name", "there is no such threshold");
      out_.threshold = stored->threshold;
    }
  }

  /// The evaluations that fall into the window, at the times at which a live one is.
  void ReadWindow() {
    const int64_t interval_ms = analyzer_.evaluation_interval_ms();
    const int64_t default_ms = std::min(kDefaultWindowMs, interval_ms * (kMaxEvaluations - 1));
    const int64_t window_ms = fields_.DurationMs("window").value_or(default_ms);
    const int64_t end_ms = fields_.TimeMs("end").value_or(analyzer_.clock().NowMs());
    if (window_ms <= 0) return fields_.Fail("window", "must be longer than 0s");
    out_.steps.step_ms = interval_ms;
    out_.steps.end_ms = end_ms - end_ms % interval_ms;
    out_.steps.start_ms = out_.steps.end_ms - window_ms / interval_ms * interval_ms;
    if (window_ms / interval_ms >= kMaxEvaluations) {
      fields_.Fail("window", "has more than 100,000 evaluations, which are " + FormatDurationMs(interval_ms) +
                                 " apart; choose a shorter one");
    }
  }

  Analyzer& analyzer_;
  BacktestRequest out_;
  JsonFields fields_;
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
