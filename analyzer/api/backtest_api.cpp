#include "analyzer/api/backtest_api.h"

#include <algorithm>
#include <cmath>

#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "analyzer/thresholds/backtest.h"
#include "common/duration.h"
#include "common/http/problem.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

using thresholds::BacktestCounts;
using thresholds::BacktestInterval;
using thresholds::BacktestSeries;
using thresholds::Threshold;

constexpr int64_t kDefaultWindowMs = 24LL * 3'600'000;
constexpr size_t kSweepValues = 25;
/// What one answer holds of each: the counts are of all.
constexpr size_t kShownSeries = 100;
constexpr size_t kShownIntervals = 500;
constexpr size_t kExamples = 10;

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
    const auto most_evaluations = static_cast<int64_t>(promql::kMaxRangePoints);
    int64_t window_ms = std::min(kDefaultWindowMs, interval_ms * (most_evaluations - 1));
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
    if (window_ms / interval_ms >= most_evaluations) {
      Fail("/window", "has more than 11,000 evaluations, which are " + FormatDurationMs(interval_ms) +
                          " apart; choose a shorter one");
    }
  }

  Analyzer& analyzer_;
  const nlohmann::json& body_;
  BacktestRequest out_;
};

double Seconds(int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

/// A number that JSON has; what it has not is null.
ordered_json NumberJson(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(); }

ordered_json CountsJson(const BacktestCounts& counts) {
  ordered_json levels = ordered_json::object();
  for (size_t i = 0; i < thresholds::kLevelCount; ++i)
    levels[thresholds::LevelName(static_cast<thresholds::Level>(i))] = Seconds(counts.level_ms[i]);
  return {{"alerts", counts.alerts},
          {"firing_seconds", Seconds(counts.firing_ms)},
          {"longest_seconds", Seconds(counts.longest_ms)},
          {"flaps", counts.flaps},
          {"cancelled", counts.cancelled},
          {"level_seconds", levels}};
}

ordered_json IntervalJson(const BacktestInterval& interval) {
  return {{"state", thresholds::StateName(interval.state)},
          {"level", thresholds::LevelName(interval.level)},
          {"start", FormatRfc3339(interval.begin_ms)},
          {"end", FormatRfc3339(interval.end_ms)},
          {"seconds", Seconds(interval.end_ms - interval.begin_ms)},
          {"worst", NumberJson(interval.worst)},
          {"open", interval.is_open}};
}

/// The first alerts that would have fired, of all label sets.
ordered_json ExamplesJson(const std::vector<BacktestSeries>& series) {
  std::vector<std::pair<const BacktestInterval*, const storage::Labels*>> firing;
  for (const BacktestSeries& one : series) {
    for (const BacktestInterval& interval : one.intervals) {
      if (interval.state == thresholds::AlertState::kFiring) firing.emplace_back(&interval, &one.labels);
    }
  }
  std::ranges::stable_sort(firing, {}, [](const auto& example) { return example.first->begin_ms; });
  ordered_json examples = ordered_json::array();
  for (size_t i = 0; i < std::min(firing.size(), kExamples); ++i) {
    ordered_json example = IntervalJson(*firing[i].first);
    example["labels"] = LabelsJson(*firing[i].second);
    examples.push_back(std::move(example));
  }
  return examples;
}

/// Those that alerted longest, with their intervals.
ordered_json SeriesJson(std::vector<BacktestSeries>& series) {
  std::ranges::stable_sort(series, std::ranges::greater(),
                           [](const BacktestSeries& one) { return one.counts.firing_ms; });
  ordered_json list = ordered_json::array();
  for (const BacktestSeries& one : series) {
    if (list.size() == kShownSeries || one.intervals.empty()) continue;
    ordered_json item = {{"labels", LabelsJson(one.labels)}};
    item.update(CountsJson(one.counts));
    ordered_json intervals = ordered_json::array();
    for (size_t i = 0; i < std::min(one.intervals.size(), kShownIntervals); ++i)
      intervals.push_back(IntervalJson(one.intervals[i]));
    item["intervals"] = std::move(intervals);
    list.push_back(std::move(item));
  }
  return list;
}

ordered_json SweepJson(const Threshold& threshold, const promql::Steps& steps,
                       const std::vector<thresholds::AlertHistory>& histories) {
  const double days = Seconds(steps.end_ms - steps.start_ms) / 86400;
  ordered_json sweep = ordered_json::array();
  for (const double value : thresholds::SweepValues(histories, kSweepValues)) {
    const Threshold changed = thresholds::WithLimit(threshold, value);
    BacktestCounts counts;
    for (const thresholds::AlertHistory& history : histories) counts.Add(CountAlerts(changed, steps, history));
    sweep.push_back({{"value", value},
                     {"alerts", counts.alerts},
                     {"alerts_per_day", static_cast<double>(counts.alerts) / days},
                     {"firing_seconds", Seconds(counts.firing_ms)},
                     {"longest_seconds", Seconds(counts.longest_ms)},
                     {"flaps", counts.flaps}});
  }
  return sweep;
}

http::Response Backtest(Analyzer& analyzer, const http::Request& request) {
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  const BacktestRequest asked = Reader(analyzer, body.value).Read();
  if (!asked.errors.empty()) {
    return http::Problem(
        422, "the backtest cannot be made: " + asked.errors.front().pointer + " " + asked.errors.front().detail,
        asked.errors);
  }
  std::vector<thresholds::AlertHistory> histories;
  try {
    const promql::ClientQuery client{analyzer.engine().options().timeout, request.client_gone};
    histories = thresholds::ReadHistories(asked.threshold, analyzer.engine(), asked.steps, client);
  } catch (const promql::TimeoutError& error) {
    return http::Problem(503, error.what());
  } catch (const promql::CancelledError& error) {
    return http::Problem(503, error.what());
  } catch (const std::runtime_error& error) {
    return http::Problem(422, std::string("the expression cannot be evaluated: ") + error.what());
  }
  std::vector<BacktestSeries> series;
  BacktestCounts total;
  size_t alerting = 0;
  for (const thresholds::AlertHistory& history : histories) {
    series.push_back(thresholds::Backtest(asked.threshold, asked.steps, history));
    total.Add(series.back().counts);
    alerting += series.back().counts.alerts > 0 ? 1 : 0;
  }
  ordered_json answer = {{"threshold", thresholds::ToJson(asked.threshold)},
                         {"start", FormatRfc3339(asked.steps.start_ms)},
                         {"end", FormatRfc3339(asked.steps.end_ms)},
                         {"step_seconds", Seconds(asked.steps.step_ms)},
                         {"label_sets", histories.size()},
                         {"alerting_label_sets", alerting}};
  answer.update(CountsJson(total));
  answer["examples"] = ExamplesJson(series);
  answer["sweep"] = SweepJson(asked.threshold, asked.steps, histories);
  answer["series"] = SeriesJson(series);
  return JsonResponse(answer);
}

}  // namespace

void AddBacktestRoute(http::Router& router, Analyzer& analyzer) {
  router.Add("POST", "/api/v1/performance/backtest",
             [&](const http::Request& request) { return Backtest(analyzer, request); });
}

}  // namespace tidemark::api
