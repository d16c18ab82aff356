#include "analyzer/thresholds/down_targets.h"

#include <doctest/doctest.h>

#include "tests/unit/analyzer/storage/store_fixture.h"

using namespace tidemark;
using namespace tidemark::storage;

TEST_CASE("targets are down by their newest sample, however little a query may load") {
  const ManualClock clock;
  Store store({.path = "", .retention_ms = 0}, clock, kQuietLogger);
  const auto up = [&](const std::string& instance, const std::string& job, int64_t time_ms, double value) {
    const Labels labels{{"__name__", "up"}, {"instance", instance}, {"job", job}};
    store.Append(std::vector<SeriesWrite>{{store.RefOf(labels), {time_ms, value}}});
  };
  const int64_t now_ms = 1'000'000;
  up("a:1", "node", now_ms - 60'000, 1);
  up("a:1", "node", now_ms, 0);
  up("b:1", "node", now_ms - 60'000, 0);
  up("b:1", "node", now_ms, 1);
  up("c:1", "other", now_ms - 400'000, 0);  // past the look-back
  up("d:1", "other", now_ms - 300'000, 0);
  const promql::Engine engine(store, {.lookback_ms = 300'000, .max_samples = 1});
  CHECK_THROWS((void)engine.InstantVector("up == 0", now_ms));

  const thresholds::DownTargets down(engine, now_ms);
  CHECK(down.Contains(Labels{{"instance", "a:1"}, {"job", "node"}, {"cpu", "0"}}));
  CHECK(down.Contains(Labels{{"instance", "a:1"}}));
  CHECK_FALSE(down.Contains(Labels{{"instance", "a:1"}, {"job", "other"}}));
  CHECK_FALSE(down.Contains(Labels{{"instance", "b:1"}, {"job", "node"}}));
  CHECK_FALSE(down.Contains(Labels{{"instance", "c:1"}}));
  CHECK(down.Contains(Labels{{"instance", "d:1"}}));
  CHECK_FALSE(down.Contains(Labels{{"job", "node"}}));

  const thresholds::DownTargets before(engine, now_ms - 60'000);
  CHECK(before.Contains(Labels{{"instance", "b:1"}}));
  CHECK_FALSE(before.Contains(Labels{{"instance", "a:1"}}));
}
