// What earlier versions wrote must read for ever: tests/golden/storage is a data directory as it was left by a killed
// process, with a block and a log. When a format changes, a directory of the new one comes beside it.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "tests/unit/analyzer/storage/store_fixture.h"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

Sample Expected(const std::string& kind, int i) {
  const int64_t time_ms = 1'700'000'000'000 + i * 30'000LL;
  if (kind == "constant") return {time_ms, 7};
  if (kind == "counter") return {time_ms, static_cast<double>(i * i)};
  if (kind == "decimal") return {time_ms + i % 3, std::round(i * 1.7) / 10 + 0.25};
  if (kind == "raw") return {time_ms, std::sqrt(i)};
  if (kind == "rare") return {time_ms, static_cast<double>(i / 100)};
  const double odd[] = {kStaleNan, -0.0, std::bit_cast<double>(0x7ff8000000000123ULL)};
  return {time_ms, i % 50 < 3 ? odd[i % 50] : static_cast<double>(i)};
}

}  // namespace

TEST_CASE("a data directory of format 2 reads") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/copy";
  std::filesystem::copy(TIDEMARK_GOLDEN_DIRECTORY "/storage", path, std::filesystem::copy_options::recursive);
  const Store store({.path = path, .retention_ms = 0}, clock, kQuietLogger);
  CHECK(store.Statistics().blocks == 1);
  CHECK(store.Statistics().head_samples == 600);
  CHECK(store.Statistics().damaged_chunks == 0);
  const auto all = SelectAll(store);
  REQUIRE(all.size() == 6);
  for (const SeriesSamples& series : all) {
    const std::string kind(series.labels.Get("kind"));
    REQUIRE(series.samples.size() == 300);
    for (int i = 0; i < 300; ++i) {
      const Sample expected = Expected(kind, i);
      const Sample& found = series.samples[static_cast<size_t>(i)];
      CHECK(found.timestamp_ms == expected.timestamp_ms);
      CHECK(std::bit_cast<uint64_t>(found.value) == std::bit_cast<uint64_t>(expected.value));
    }
  }
}
