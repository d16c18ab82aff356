#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "analyzer/thresholds/alert_evaluator.h"
#include "analyzer/thresholds/backtest.h"
#include "analyzer/thresholds/threshold_reader.h"
#include "storage/store_fixture.h"

using namespace tidemark;
using namespace tidemark::thresholds;
using nlohmann::json;

namespace {

constexpr int64_t kStepMs = 30'000;
constexpr int64_t kStartMs = 1'700'000'010'000;
constexpr int64_t kSteps = 600;

/// A live analyzer's thresholds, whose clock goes as fast as it is told to.
class Replay {
 public:
  explicit Replay(const json& body)
      : store_({.path = "", .retention_ms = 0}, clock_, storage::kQuietLogger),
        engine_(store_, {.lookback_ms = kStepMs - 1}),
        database_(":memory:"),
        thresholds_(database_, clock_, storage::kQuietLogger),
        log_(database_),
        evaluator_(
            engine_, store_, thresholds_, log_, storage::kQuietLogger,
            [](const std::string& /*name*/, const Transition& /*transition*/) {},
            [](const std::vector<notify::AlertMessage>& /*alerts*/) {}) {
    clock_.now_ms = kStartMs;
    ParsedThreshold parsed = ParseThreshold(body);
    REQUIRE(parsed.errors.empty());
    threshold_ = parsed.threshold;
    thresholds_.Create(parsed.threshold, {.author = "test"});
  }

  void Append(const storage::Labels& labels, double value) {
    const std::vector<storage::SeriesWrite> writes{{store_.RefOf(labels), {clock_.now_ms, value}}};
    store_.Append(writes);
  }
  /// Evaluates at the clock's time, and moves it to that of the next evaluation.
  void Step() {
    evaluator_.Evaluate(clock_.now_ms, kStepMs);
    clock_.now_ms += kStepMs;
  }

  /// (labels, state and level, since) of each time that an alert came to another state or level.
  std::vector<std::string> Live() const {
    std::vector<std::string> lines;
    for (const auto& entry : log_.History({.limit = 100'000})) {
      const bool ends = entry.change == AlertChange::kResolved || entry.change == AlertChange::kCancelled;
      const char* state = entry.change == AlertChange::kPending ? "pending" : "firing";
      lines.push_back(Line(entry.labels, ends ? "end" : state, ends ? Level::kInfo : entry.level, entry.at_ms));
    }
    std::ranges::sort(lines);
    return lines;
  }

  /// The same as a backtest tells it, over what is stored.
  std::vector<std::string> Backtested() const {
    const promql::Steps steps{kStartMs, clock_.now_ms - kStepMs, kStepMs};
    std::vector<std::string> lines;
    for (const AlertHistory& history : ReadHistories(threshold_, engine_, steps, std::nullopt)) {
      const BacktestSeries series = Backtest(threshold_, steps, history);
      for (size_t i = 0; i < series.intervals.size(); ++i) {
        const BacktestInterval& interval = series.intervals[i];
        // A pending alert whose level moves is told of once.
        const bool moves = i > 0 && series.intervals[i - 1].end_ms == interval.begin_ms;
        if (!(moves && interval.state == AlertState::kPending && series.intervals[i - 1].state == interval.state))
          lines.push_back(Line(series.labels, StateName(interval.state), interval.level, interval.begin_ms));
        const bool goes_on = interval.is_open ||
                             (i + 1 < series.intervals.size() && series.intervals[i + 1].begin_ms == interval.end_ms);
        if (!goes_on) lines.push_back(Line(series.labels, "end", Level::kInfo, interval.end_ms));
      }
    }
    std::ranges::sort(lines);
    return lines;
  }

 private:
  static std::string Line(const storage::Labels& labels, const std::string& state, Level level, int64_t at_ms) {
    return labels.ToString() + " " + std::to_string(at_ms) + " " + state + " " + LevelName(level);
  }

  storage::ManualClock clock_;
  storage::Store store_;
  promql::Engine engine_;
  state::Database database_;
  ThresholdStore thresholds_;
  AlertLog log_;
  Threshold threshold_;
  AlertEvaluator evaluator_;
};

/// Three hosts whose values wander, with gaps, and whose target is down at times.
void Run(Replay& replay, uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto roll = [&](int sides) { return static_cast<int>(dice() % static_cast<uint64_t>(sides)); };
  std::array<double, 3> values{50, 50, 50};
  std::array<int, 3> down{};
  for (int64_t step = 0; step < kSteps; ++step) {
    for (size_t host = 0; host < values.size(); ++host) {
      const std::string instance(1, static_cast<char>('a' + host));
      values[host] = std::clamp(values[host] + roll(31) - 15, 0.0, 110.0);
      if (down[host] > 0) --down[host];
      if (down[host] == 0 && roll(60) == 0) down[host] = roll(20);
      replay.Append({{"__name__", "up"}, {"instance", instance}, {"job", "j"}}, down[host] == 0 ? 1 : 0);
      if (down[host] == 0 && roll(25) != 0)
        replay.Append({{"__name__", "x"}, {"instance", instance}, {"job", "j"}}, values[host]);
    }
    replay.Step();
  }
}

}  // namespace

TEST_CASE("a backtest tells of the intervals that a replay of the same data through live thresholds made") {
  const std::vector<json> variants = {
      {{"for", "2m"}},
      {{"for", {{"warning", "3m"}, {"critical", "30s"}}}, {"clear_margin", "10%"}},
      {{"keep_firing_for", "2m"}, {"clear_margin", 5}},
      {{"no_data", "keep"}, {"for", "1m"}},
      {{"no_data", {{"then", "alert"}, {"after", "1m"}}}},
      {{"active_during", {{{"times", {{{"start_time", "00:00"}, {"end_time", "23:00"}}}}}}}, {"for", "1m"}}};
  for (size_t i = 0; i < variants.size(); ++i) {
    CAPTURE(i);
    json body = {{"name", "t"}, {"expr", "x"}, {"operator", ">"}, {"levels", {{"warning", 60}, {"critical", 85}}}};
    body.update(variants[i]);
    Replay replay(body);
    Run(replay, i + 1);
    const std::vector<std::string> live = replay.Live();
    CHECK(live.size() > 30);
    CHECK(live == replay.Backtested());
  }
}

TEST_CASE("so it is with a baseline") {
  Replay replay({{"name", "t"},
                 {"expr", "x"},
                 {"operator", "!="},
                 {"for", "30s"},
                 {"baseline", {{"window", "1h"}, {"deviations", {{"warning", 1.5}, {"critical", 2.5}}}}}});
  Run(replay, 77);
  CHECK(replay.Live().size() > 10);
  CHECK(replay.Live() == replay.Backtested());
}
