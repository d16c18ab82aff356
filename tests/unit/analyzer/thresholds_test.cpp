#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "analyzer/thresholds/alert_tracker.h"
#include "analyzer/thresholds/threshold_reader.h"
#include "analyzer/thresholds/threshold_store.h"

using namespace tidemark;
using namespace tidemark::thresholds;
using nlohmann::json;

namespace {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowMs() const override { return 5'000; }
};

const Logger kLogger(LogLevel::kError, LogFormat::kLogfmt);

std::vector<std::string> Pointers(const json& body) {
  std::vector<std::string> pointers;
  for (const http::FieldError& error : ParseThreshold(body).errors) pointers.push_back(error.pointer);
  return pointers;
}

/// A threshold > {70, 85, 95} with the given extra fields.
Threshold Cpu(const json& extra = json::object()) {
  json body = {{"name", "cpu"},
               {"expr", "cpu"},
               {"operator", ">"},
               {"levels", {{"info", 70}, {"warning", 85}, {"critical", 95}}}};
  body.update(extra);
  ParsedThreshold parsed = ParseThreshold(body);
  REQUIRE(parsed.errors.empty());
  return parsed.threshold;
}

/// Feeds one value, or none, and returns the kinds of the transitions.
std::string Feed(AlertTracker& tracker, const Threshold& threshold, int64_t now_ms, std::optional<double> value) {
  std::vector<Observation> observations;
  if (value) observations.push_back({storage::Labels{{"a", "b"}}, PlainReading(*value)});
  std::string kinds;
  for (const Transition& transition : tracker.Step(threshold, now_ms, observations, {})) {
    kinds +=
        std::string(kinds.empty() ? "" : " ") + ChangeName(transition.change) + ":" + LevelName(transition.alert.level);
  }
  return kinds;
}

}  // namespace

TEST_CASE("both forms of a threshold parse, and the long one reads back") {
  const Threshold threshold = Cpu({{"for", "2m"},
                                   {"keep_firing_for", "5m"},
                                   {"clear_margin", 3},
                                   {"labels", {{"team", "infra"}}},
                                   {"annotations", {{"summary", "{{ $value }}"}}}});
  CHECK(threshold.for_ms == 120'000);
  CHECK(ToJson(ParseThreshold(json::parse(ToJson(threshold).dump())).threshold) == ToJson(threshold));
  const ParsedThreshold brief = ParseThreshold(
      json{{"name", "load"}, {"metric", "node_load1"}, {"operator", ">"}, {"value", 4}, {"severity", "warning"}});
  REQUIRE(brief.errors.empty());
  CHECK(brief.threshold.levels[1] == 4);
  CHECK_FALSE(brief.threshold.levels[0].has_value());
}

TEST_CASE("every wrong field is named at once") {
  CHECK(Pointers(json::array()) == std::vector<std::string>{""});
  CHECK(Pointers(json::object()) == std::vector<std::string>{"/name", "/expr", "/levels", "/operator"});
  CHECK(Pointers({{"name", "../x"},
                  {"expr", "sum("},
                  {"operator", "~"},
                  {"levels", {{"high", 1}, {"info", "a"}}},
                  {"for", "soon"},
                  {"clear_margin", -1},
                  {"labels", {{"a/b", "c"}}},
                  {"enabled", 1},
                  {"extra", 1},
                  {"annotations", {{"s", "{{ $nope }}"}}}}) ==
        std::vector<std::string>{"/name", "/expr", "/levels/high", "/levels/info", "/operator", "/for", "/clear_margin",
                                 "/labels/a~1b", "/annotations/s", "/enabled", "/extra"});
  CHECK(Pointers({{"name", std::string("a\0b", 3)},
                  {"expr", "x[5m]"},
                  {"operator", "<"},
                  {"levels", {{"info", 1}, {"critical", 2}}}}) ==
        std::vector<std::string>{"/name", "/expr", "/levels"});
  CHECK(Pointers({{"name", "x"}, {"metric", "a + b"}, {"operator", ">"}, {"severity", "bad"}}) ==
        std::vector<std::string>{"/metric", "/value", "/severity"});
  CHECK(Pointers({{"name", "x"}, {"expr", "y"}, {"operator", "=="}, {"levels", {{"info", 1}, {"critical", 2}}}}) ==
        std::vector<std::string>{"/levels"});
}

TEST_CASE("every field of the long form reads back") {
  const json fields = {{"for", {{"warning", "5m"}, {"critical", "1m"}}},
                       {"clear_margin", "2.5%"},
                       {"no_data", {{"then", "alert"}, {"after", "10m"}, {"level", "warning"}}},
                       {"active_during",
                        {{{"weekdays", {"monday:friday"}},
                          {"times", {{{"start_time", "08:00"}, {"end_time", "18:00"}}}},
                          {"location", "Europe/Berlin"}}}}};
  const json read = ToJson(Cpu(fields));
  for (const auto& field : fields.items()) {
    const std::string& name = field.key();
    CAPTURE(name);
    json expected = field.value();
    // A level of which nothing is said needs no time.
    if (name == "for") expected["info"] = "0s";
    CHECK(read[name] == expected);
  }
  CHECK(ToJson(ParseThreshold(read).threshold) == ToJson(Cpu(fields)));
  CHECK(ToJson(Cpu({{"no_data", "keep"}}))["no_data"] == "keep");
  const json baseline = {{"name", "x"},
                         {"expr", "y"},
                         {"operator", "!="},
                         {"baseline", {{"window", "1d"}, {"season", "auto"}, {"deviations", 4.0}}}};
  const ParsedThreshold parsed = ParseThreshold(baseline);
  REQUIRE(parsed.errors.empty());
  CHECK(json(ToJson(parsed.threshold))["baseline"] == baseline["baseline"]);
  CHECK_FALSE(ToJson(parsed.threshold).contains("levels"));
}

TEST_CASE("wrong values of the newer fields are named") {
  const auto with = [](const json& extra) {
    json body = {{"name", "x"}, {"expr", "y"}, {"operator", ">"}, {"levels", {{"info", 1}}}};
    body.merge_patch(extra);
    return Pointers(body);
  };
  using Strings = std::vector<std::string>;
  CHECK(with({{"for", {{"high", "1m"}, {"info", "x"}, {"critical", "1m"}}}}) ==
        Strings{"/for/critical", "/for/high", "/for/info"});
  CHECK(with({{"clear_margin", "5"}}) == Strings{"/clear_margin"});
  CHECK(with({{"clear_margin", "-5%"}}) == Strings{"/clear_margin"});
  CHECK(with({{"clear_margin", "nan%"}}) == Strings{"/clear_margin"});
  CHECK(with({{"no_data", "page"}}) == Strings{"/no_data"});
  CHECK(with({{"no_data", {{"then", 1}, {"after", "2d"}, {"level", "x"}, {"y", 1}}}}) ==
        Strings{"/no_data/then", "/no_data/after", "/no_data/level", "/no_data/y"});
  CHECK(with({{"active_during", "night"}}) == Strings{"/active_during"});
  CHECK(with({{"active_during", {{{"weekdays", {"funday"}}, {"location", "Mars/Olympus"}, {"x", 1}}}}}) ==
        Strings{"/active_during/0/location", "/active_during/0/weekdays/0", "/active_during/0/x"});
  CHECK(with({{"active_during", {{{"times", {{{"start_time", "18:00"}, {"end_time", "08:00"}}}}}}}}) ==
        Strings{"/active_during/0/times/0"});
  CHECK(with({{"levels", nullptr}, {"operator", ">="}, {"baseline", {{"window", "1s"}, {"season", "6d"}}}}) ==
        Strings{"/baseline/window", "/baseline/season", "/baseline/deviations", "/operator"});
  CHECK(with({{"baseline", {{"deviations", 4}}}}) == Strings{"/levels"});
}

TEST_CASE("levels can have waiting times of their own") {
  const Threshold threshold = Cpu({{"for", {{"info", "60s"}, {"critical", "10s"}}}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 1'000, 72) == "pending:info");
  CHECK(Feed(tracker, threshold, 21'000, 96) == "firing:warning");
  CHECK(Feed(tracker, threshold, 31'000, 96) == "escalated:critical");
  CHECK(Feed(tracker, threshold, 32'000, 72) == "deescalated:info");
  CHECK(Feed(tracker, threshold, 33'000, 99) == "escalated:warning");
  CHECK(Feed(tracker, threshold, 40'000, 10) == "resolved:warning");
  CHECK(Feed(tracker, threshold, 41'000, 72) == "pending:info");
  CHECK(Feed(tracker, threshold, 101'000, 72) == "firing:info");
}

TEST_CASE("a clear margin can be a percentage of the level") {
  const Threshold threshold = Cpu({{"clear_margin", "10%"}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 0, 96) == "firing:critical");
  CHECK(Feed(tracker, threshold, 1, 86) == "");
  CHECK(Feed(tracker, threshold, 2, 85.4) == "deescalated:warning");
}

constexpr int64_t kMinuteMs = 60'000;

TEST_CASE("no_data says what becomes of an alert without a value") {
  AlertTracker ok;
  CHECK(Feed(ok, Cpu(), kMinuteMs, 90) == "firing:warning");
  CHECK(Feed(ok, Cpu(), 2 * kMinuteMs, std::nullopt) == "resolved:warning");

  const Threshold keep = Cpu({{"no_data", "keep"}});
  AlertTracker kept;
  CHECK(Feed(kept, keep, kMinuteMs, 90) == "firing:warning");
  CHECK(Feed(kept, keep, 600 * kMinuteMs, std::nullopt) == "");
  CHECK(Feed(kept, keep, 601 * kMinuteMs, 5) == "resolved:warning");

  const Threshold alert = Cpu({{"no_data", {{"then", "alert"}, {"after", "5m"}, {"level", "warning"}}}});
  AlertTracker alerts;
  CHECK(Feed(alerts, alert, kMinuteMs, 5) == "");
  CHECK(Feed(alerts, alert, 5 * kMinuteMs, std::nullopt) == "");
  CHECK(Feed(alerts, alert, 6 * kMinuteMs, std::nullopt) == "firing:warning");
  CHECK(Explanation(alerts.alerts().begin()->second) == "no data since 1970-01-01T00:01:00.000Z");
  CHECK(Feed(alerts, alert, 7 * kMinuteMs, std::nullopt) == "");
  CHECK(Feed(alerts, alert, 8 * kMinuteMs, 5) == "resolved:warning");
  CHECK(Feed(alerts, alert, 30 * kMinuteMs, std::nullopt) == "firing:warning");
  CHECK(Feed(alerts, alert, (8 + 24 * 60) * kMinuteMs, std::nullopt) == "resolved:warning");
  CHECK_MESSAGE(Feed(alerts, alert, (60 + 24 * 60) * kMinuteMs, std::nullopt) == "", "it is forgotten");
  CHECK(alerts.alerts().empty());
}

TEST_CASE("outside of its times a threshold is silent") {
  // 1970-01-01 was a Thursday.
  const Threshold threshold =
      Cpu({{"active_during",
            {{{"weekdays", {"thursday"}}, {"times", {{{"start_time", "01:00"}, {"end_time", "02:00"}}}}}}}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 30 * kMinuteMs, 90) == "");
  CHECK(Feed(tracker, threshold, 60 * kMinuteMs, 90) == "firing:warning");
  CHECK(Feed(tracker, threshold, 119 * kMinuteMs, 90) == "");
  CHECK(Feed(tracker, threshold, 120 * kMinuteMs, 90) == "resolved:warning");
  CHECK(Feed(tracker, threshold, (24 * 60 + 60) * kMinuteMs, 90) == "");
}

TEST_CASE("an alert goes through pending, firing, other levels and resolved") {
  const Threshold threshold = Cpu({{"for", "60s"}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 0, 50) == "");
  CHECK(Feed(tracker, threshold, 1'000, 90) == "pending:warning");
  CHECK(Feed(tracker, threshold, 31'000, 90) == "");
  CHECK(Feed(tracker, threshold, 61'000, 90) == "firing:warning");
  CHECK(Feed(tracker, threshold, 62'000, 99) == "escalated:critical");
  CHECK(Feed(tracker, threshold, 63'000, 72) == "deescalated:info");
  CHECK(Feed(tracker, threshold, 64'000, 10) == "resolved:info");
  CHECK(tracker.alerts().begin()->second.state == AlertState::kResolved);
  CHECK(Feed(tracker, threshold, 65'000, 90) == "pending:warning");
  CHECK(Feed(tracker, threshold, 66'000, 10) == "cancelled:warning");
  CHECK(tracker.alerts().empty());
}

TEST_CASE("a clear margin holds a level until the value is well back") {
  const Threshold threshold = Cpu({{"clear_margin", 5}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 0, 86) == "firing:warning");
  CHECK(Feed(tracker, threshold, 1, 81) == "");
  CHECK(Feed(tracker, threshold, 2, 80) == "deescalated:info");
  CHECK(Feed(tracker, threshold, 3, 84) == "");
  CHECK(Feed(tracker, threshold, 4, 66) == "");
  CHECK(Feed(tracker, threshold, 5, 65) == "resolved:info");
}

TEST_CASE("keep_firing_for bridges short recoveries") {
  const Threshold threshold = Cpu({{"keep_firing_for", "60s"}});
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 0, 90) == "firing:warning");
  CHECK(Feed(tracker, threshold, 30'000, 10) == "");
  CHECK(Feed(tracker, threshold, 40'000, 90) == "");
  CHECK(Feed(tracker, threshold, 99'000, 10) == "");
  CHECK(Feed(tracker, threshold, 100'000, 10) == "resolved:warning");
}

TEST_CASE("NaN breaches nothing, and resolved alerts are forgotten") {
  const Threshold threshold = Cpu();
  AlertTracker tracker;
  CHECK(Feed(tracker, threshold, 0, NAN) == "");
  CHECK(Feed(tracker, threshold, 1, 90) == "firing:warning");
  CHECK(Feed(tracker, threshold, 2, NAN) == "resolved:warning");
  CHECK(Feed(tracker, threshold, 2 + kResolvedKeptMs, 10) == "");
  CHECK(tracker.alerts().empty());
  CHECK(Feed(tracker, threshold, 10, 90) == "firing:warning");
  CHECK(tracker.End(11).size() == 1);
}

TEST_CASE("the threshold store keeps changes over shipped ones, with versions") {
  state::Database database(":memory:");
  const ManualClock clock;
  ThresholdStore store(database, clock, kLogger);
  store.SetBase({Cpu()}, {});
  using Outcome = ThresholdStore::Outcome;
  CHECK(store.List().size() == 1);
  const ThresholdStore::Edit edit{.author = "ada"};
  CHECK(store.Create(Cpu(), edit).outcome == Outcome::kTaken);
  const auto changed = store.Put(Cpu({{"for", "5m"}}), edit);
  CHECK(changed.outcome == Outcome::kDone);
  CHECK(changed.stored->overrides == Origin::kShipped);
  CHECK(store.Put(Cpu(), {.author = "bob", .preconditions = {"\"0\"", ""}}).outcome == Outcome::kConflict);
  CHECK(store.Put(Cpu({{"for", "6m"}}), {.author = "bob", .preconditions = {changed.stored->etag, ""}}).outcome ==
        Outcome::kDone);
  store.SetBase({Cpu()}, {});
  CHECK(store.Get("cpu")->threshold.for_ms == 360'000);
  CHECK(store.Delete("cpu", edit).outcome == Outcome::kDone);
  CHECK_MESSAGE(store.Get("cpu")->threshold.for_ms == 0, "the shipped one is back");
  CHECK(store.Delete("cpu", edit).outcome == Outcome::kDone);
  CHECK(store.Delete("cpu", edit).outcome == Outcome::kUnknown);
  const std::vector<ThresholdRevision> history = store.History("cpu", INT64_MAX, 10);
  REQUIRE(history.size() == 4);
  CHECK(history[0].action == "deleted");
  CHECK(history[0].after.empty());
  CHECK(history[2].author == "bob");
  CHECK(history[2].after.find("6m") != std::string::npos);
  CHECK(store.Restore("cpu", history[2].version, edit).stored->threshold.for_ms == 360'000);
  CHECK(store.Restore("cpu", history[0].version, edit).outcome == Outcome::kUnknown);
  CHECK(store.Delete("cpu", edit).outcome == Outcome::kDone);
  CHECK(store.Delete("cpu", edit).outcome == Outcome::kDone);

  ThresholdStore again(database, clock, kLogger);
  again.SetBase({Cpu()}, {});
  CHECK(again.List().empty());
  CHECK(again.Restore("cpu", 0, edit).stored->origin == Origin::kShipped);
  CHECK(again.List().size() == 1);
}
