#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "analyzer/thresholds/alert_tracker.h"
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

/// Feeds one value and returns the kinds of the transitions.
std::string Feed(AlertTracker& tracker, const Threshold& threshold, int64_t now_ms, double value) {
  std::string kinds;
  for (const Transition& transition : tracker.Step(threshold, now_ms, {{storage::Labels{{"a", "b"}}, value}})) {
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
  store.SetShipped({Cpu()});
  using Outcome = ThresholdStore::Outcome;
  CHECK(store.List().size() == 1);
  CHECK(store.Create(Cpu()).outcome == Outcome::kTaken);
  const auto changed = store.Put(Cpu({{"for", "5m"}}), std::nullopt);
  CHECK(changed.outcome == Outcome::kDone);
  CHECK(store.Put(Cpu(), "\"0\"").outcome == Outcome::kConflict);
  CHECK(store.Put(Cpu({{"for", "6m"}}), changed.stored->Etag()).outcome == Outcome::kDone);
  store.SetShipped({Cpu()});
  CHECK(store.Get("cpu")->threshold.for_ms == 360'000);
  CHECK(store.Delete("cpu", std::nullopt).outcome == Outcome::kDone);
  CHECK(store.Delete("cpu", std::nullopt).outcome == Outcome::kUnknown);

  ThresholdStore again(database, clock, kLogger);
  again.SetShipped({Cpu()});
  CHECK(again.List().empty());
  CHECK(again.Create(Cpu()).outcome == Outcome::kDone);
}
