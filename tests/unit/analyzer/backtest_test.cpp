#include "analyzer/thresholds/backtest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "analyzer/thresholds/alert_tracker.h"
#include "analyzer/thresholds/threshold_reader.h"

using namespace tidemark;
using namespace tidemark::thresholds;
using nlohmann::json;

namespace {

const storage::Labels kLabels{{"instance", "a"}};

Threshold Make(const json& extra) {
  json body = {{"name", "t"}, {"expr", "x"}, {"operator", ">"}, {"levels", {{"warning", 50}}}};
  body.update(extra);
  ParsedThreshold parsed = ParseThreshold(body);
  REQUIRE(parsed.errors.empty());
  return parsed.threshold;
}

AlertHistory History(const std::vector<double>& values) {
  return {kLabels, values, std::vector(values.size(), AlertHistory::Presence::kValue), {}, {}};
}

promql::Steps Minutes(size_t count) { return {0, static_cast<int64_t>(count - 1) * 60'000, 60'000}; }

/// The state and level after each evaluation of a live threshold: -1 where there is no pending or firing alert.
std::vector<int> Live(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history) {
  AlertTracker tracker;
  std::vector<int> states;
  for (size_t step = 0; step < steps.count(); ++step) {
    std::vector<Observation> observations;
    if (history.HasValue(step)) observations.push_back({kLabels, PlainReading(history.values[step])});
    tracker.Step(threshold, steps.time_ms(step), observations, {});
    const auto alert = tracker.alerts().find(kLabels);
    const bool active = alert != tracker.alerts().end() &&
                        (alert->second.state == AlertState::kPending || alert->second.state == AlertState::kFiring);
    states.push_back(active ? static_cast<int>(alert->second.state) * 10 + static_cast<int>(alert->second.level) : -1);
  }
  return states;
}

/// The same of a backtest.
std::vector<int> OfIntervals(const promql::Steps& steps, const std::vector<BacktestInterval>& intervals) {
  std::vector<int> states(steps.count(), -1);
  for (const BacktestInterval& interval : intervals) {
    for (size_t step = 0; step < steps.count(); ++step) {
      const int64_t at_ms = steps.time_ms(step);
      if (at_ms < interval.begin_ms || (at_ms >= interval.end_ms && !interval.is_open)) continue;
      states[step] = static_cast<int>(interval.state) * 10 + static_cast<int>(interval.level);
    }
  }
  return states;
}

}  // namespace

TEST_CASE("a backtest tells when an alert would have been pending and firing") {
  const Threshold threshold = Make({{"levels", {{"warning", 50}, {"critical", 90}}}, {"for", "2m"}});
  const std::vector<double> values = {10, 60, 70, 65, 95, 80, 20, 55, 10, 51, 52, 53, 54};
  const promql::Steps steps = Minutes(values.size());
  const BacktestSeries series = Backtest(threshold, steps, History(values));
  REQUIRE(series.intervals.size() == 7);
  const auto check = [&](size_t at, AlertState state, Level level, int begin, int end, double worst, bool open) {
    CAPTURE(at);
    const BacktestInterval& interval = series.intervals[at];
    CHECK(interval.state == state);
    CHECK(interval.level == level);
    CHECK(interval.begin_ms == begin * 60'000);
    CHECK(interval.end_ms == end * 60'000);
    CHECK(interval.worst == worst);
    CHECK(interval.is_open == open);
  };
  check(0, AlertState::kPending, Level::kWarning, 1, 3, 70, false);
  check(1, AlertState::kFiring, Level::kWarning, 3, 4, 65, false);
  check(2, AlertState::kFiring, Level::kCritical, 4, 5, 95, false);
  check(3, AlertState::kFiring, Level::kWarning, 5, 6, 80, false);
  check(4, AlertState::kPending, Level::kWarning, 7, 8, 55, false);
  check(5, AlertState::kPending, Level::kWarning, 9, 11, 52, false);
  check(6, AlertState::kFiring, Level::kWarning, 11, 12, 54, true);
  CHECK(series.counts.alerts == 2);
  CHECK(series.counts.flaps == 1);
  CHECK(series.counts.cancelled == 1);
  CHECK(series.counts.firing_ms == 4 * 60'000);
  CHECK(series.counts.longest_ms == 3 * 60'000);
  CHECK(series.counts.level_ms == std::array<int64_t, 3>{0, 3 * 60'000, 60'000});
}

TEST_CASE("a backtest is what a live threshold does, on random data and settings") {
  std::mt19937_64 dice(7);
  const auto roll = [&](int sides) { return static_cast<int>(dice() % static_cast<uint64_t>(sides)); };
  for (int round = 0; round < 300; ++round) {
    json extra = {{"for", std::to_string(roll(4)) + "m"}, {"keep_firing_for", std::to_string(roll(3)) + "m"}};
    const bool falling = roll(3) == 0;
    extra["operator"] = falling ? "<" : ">=";
    extra["levels"] =
        falling ? json{{"info", 60}, {"critical", 20}} : json{{"info", 30}, {"warning", 60}, {"critical", 90}};
    if (roll(2) == 0) extra["levels"] = {{"warning", 50}};
    extra["clear_margin"] = roll(3) * 5;
    if (roll(4) == 0) extra["clear_margin"] = "7%";
    if (roll(3) == 0) {
      json by_level;
      for (const auto& [level, value] : extra["levels"].items()) by_level[level] = std::to_string(roll(4)) + "m";
      extra["for"] = by_level;
    }
    if (roll(2) == 0) extra["no_data"] = roll(2) == 0 ? json("keep") : json{{"then", "alert"}, {"after", "2m"}};
    if (roll(4) == 0) extra["active_during"] = {{{"times", {{{"start_time", "00:30"}, {"end_time", "02:10"}}}}}};
    const Threshold threshold = Make(extra);
    AlertHistory history = History({});
    double value = 50;
    for (int i = 0; i < 200; ++i) {
      value = std::clamp(value + roll(41) - 20, 0.0, 120.0);
      history.values.push_back(roll(30) == 0 ? NAN : value);
      history.present.push_back(roll(20) == 0 ? AlertHistory::Presence::kNone : AlertHistory::Presence::kValue);
    }
    promql::Steps steps = Minutes(history.values.size());
    steps.start_ms += steps.step_ms;
    steps.end_ms += steps.step_ms;
    const BacktestSeries series = Backtest(threshold, steps, history);
    REQUIRE(OfIntervals(steps, series.intervals) == Live(threshold, steps, history));
    const BacktestCounts counts = CountAlerts(threshold, steps, history);
    CHECK(counts.alerts == series.counts.alerts);
    CHECK(counts.firing_ms == series.counts.firing_ms);
    CHECK(counts.flaps == series.counts.flaps);
    int64_t firing_ms = 0;
    for (const BacktestInterval& interval : series.intervals) {
      if (interval.state == AlertState::kFiring) firing_ms += interval.end_ms - interval.begin_ms;
    }
    CHECK(firing_ms == counts.firing_ms);
  }
}

TEST_CASE("series that make one alert are one, with the worst value") {
  const Threshold threshold = Make({{"labels", {{"device", "any"}}}});
  const promql::Steps steps = Minutes(3);
  const auto series = [](const char* device, std::vector<storage::Sample> samples) {
    return storage::SeriesSamples{{{"__name__", "x"}, {"device", device}}, std::move(samples)};
  };
  const std::vector<AlertHistory> histories =
      MakeHistories(threshold, steps, {series("a", {{0, 10}, {60'000, 70}}), series("b", {{0, 60}, {120'000, 5}})});
  REQUIRE(histories.size() == 1);
  CHECK(histories[0].labels == storage::Labels{{"device", "any"}});
  CHECK(histories[0].values == std::vector<double>{60, 70, 5});
  CHECK(histories[0].present == std::vector(3, AlertHistory::Presence::kValue));
}

TEST_CASE("a sweep spans what was seen") {
  CHECK(SweepValues({}, 25).empty());
  const std::vector<double> values = SweepValues({History({10, 20, NAN, INFINITY, 110})}, 21);
  CHECK(values.size() == 21);
  CHECK(values.front() == doctest::Approx(5));
  CHECK(values.back() == doctest::Approx(115));
  CHECK(SweepValues({History({7, 7})}, 21).size() == 21);
  CHECK(WithLimit(Make({{"levels", {{"warning", 1}, {"critical", 2}}}}), 5).levels ==
        std::array<std::optional<double>, 3>{std::nullopt, 5, std::nullopt});
}
