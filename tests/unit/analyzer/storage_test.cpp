#include <doctest/doctest.h>
#include <stdlib.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <random>

#include "analyzer/storage/chunk.h"
#include "analyzer/storage/memory_store.h"
#include "analyzer/storage/wal.h"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

class ManualClock final : public Clock {
 public:
  int64_t now_ms = 1'000'000'000;
  [[nodiscard]] int64_t NowMs() const override { return now_ms; }
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "tidemark-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path;
};

const Logger kLogger(LogLevel::kError, LogFormat::kLogfmt);
constexpr size_t kNoLimit = 1'000'000;

Write MakeWrite(const std::string& name, int64_t time_ms, double value) {
  return {.ref = 0, .labels = Labels{{"__name__", name}, {"job", "test"}}, .sample = {time_ms, value}};
}

std::vector<SeriesSamples> SelectAll(const MemoryStore& store) {
  return store.Select({}, kMinTime, kMaxTime, kNoLimit);
}

}  // namespace

TEST_CASE("chunks give back every bit pattern") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples;
    int64_t time = static_cast<int64_t>(random());
    for (int i = 0; i < 150; ++i) {
      const uint64_t bits = round % 3 == 0   ? random()
                            : round % 3 == 1 ? kStaleNanBits
                                             : std::bit_cast<uint64_t>(static_cast<double>(i * 7));
      samples.push_back({time, std::bit_cast<double>(bits)});
      const auto step = static_cast<int64_t>(random() % 100'000);
      if (time > kMaxTime - step) break;
      time += step;
    }
    const Chunk chunk(samples);
    std::vector<Sample> decoded;
    chunk.Decode(kMinTime, kMaxTime, decoded);
    REQUIRE(decoded.size() == samples.size());
    for (size_t i = 0; i < samples.size(); ++i) {
      CHECK(decoded[i].timestamp_ms == samples[i].timestamp_ms);
      CHECK(std::bit_cast<uint64_t>(decoded[i].value) == std::bit_cast<uint64_t>(samples[i].value));
    }
  }
}

TEST_CASE("a chunk decodes only the range asked for") {
  std::vector<Sample> samples;
  for (int i = 0; i < 10; ++i) samples.push_back({i * 1000, static_cast<double>(i)});
  std::vector<Sample> decoded;
  Chunk(samples).Decode(2500, 5000, decoded);
  REQUIRE(decoded.size() == 3);
  CHECK(decoded.front().value == 3);
  CHECK(decoded.back().value == 5);
}

TEST_CASE("CRC-32C has its published check value") { CHECK(Crc32c("123456789") == 0xE3069283); }

TEST_CASE("labels are a sorted set") {
  const Labels labels{{"b", "2"}, {"__name__", "m"}, {"a", ""}, {"c", "3"}};
  CHECK(labels.size() == 3);
  CHECK(labels.ToString() == "m{b=\"2\", c=\"3\"}");
  CHECK(labels.With("b", "").Get("b").empty());
  CHECK(labels.With("a", "1") == Labels{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"__name__", "m"}});
  CHECK(labels.Keep({"b"}) == Labels{{"b", "2"}});
  CHECK(labels.Drop({"b"}) == Labels{{"c", "3"}});
}

TEST_CASE("the store refuses what is out of order and finds by every kind of matcher") {
  const ManualClock clock;
  MemoryStore store({.path = "", .retention_ms = 0}, clock, kLogger);
  for (int i = 0; i < 300; ++i) {
    std::vector<Write> writes{MakeWrite("a", i * 1000, i), MakeWrite("b", i * 1000, -i)};
    CHECK(store.Append(writes).appended == 2);
  }
  std::vector<Write> late{MakeWrite("a", 5000, 1)};
  CHECK(store.Append(late).out_of_order == 1);
  std::vector<Write> same{MakeWrite("a", 299'000, 299), MakeWrite("b", 299'000, 5)};
  const AppendResult result = store.Append(same);
  CHECK(result.appended == 1);
  CHECK(result.duplicate == 1);

  const auto count = [&](Matcher::Type type, const std::string& name, const std::string& value) {
    const std::vector<Matcher> matchers{Matcher(type, name, value)};
    return store.Select(matchers, kMinTime, kMaxTime, kNoLimit).size();
  };
  CHECK(count(Matcher::Type::kEqual, "__name__", "a") == 1);
  CHECK(count(Matcher::Type::kNotEqual, "__name__", "a") == 1);
  CHECK(count(Matcher::Type::kRegex, "__name__", "a|b") == 2);
  CHECK(count(Matcher::Type::kRegex, "__name__", "a.+") == 0);
  CHECK(count(Matcher::Type::kNotRegex, "job", "te") == 2);
  CHECK(count(Matcher::Type::kEqual, "missing", "") == 2);
  CHECK(store.Select({}, 100'500, 102'000, kNoLimit)[0].samples.size() == 2);
  CHECK_THROWS_AS((void)store.Select({}, kMinTime, kMaxTime, 599), QueryError);
}

TEST_CASE("samples and then series leave when the retention is over") {
  ManualClock clock;
  MemoryStore store({.path = "", .retention_ms = 3'600'000}, clock, kLogger);
  const int64_t begin_ms = clock.now_ms;
  for (int i = 0; i < 500; ++i) {
    std::vector<Write> writes{MakeWrite("a", begin_ms + i * 30'000, i)};
    store.Append(writes);
  }
  clock.now_ms = begin_ms + 500 * 30'000;
  store.Maintain();
  const auto kept = SelectAll(store);
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].samples.front().timestamp_ms <= clock.now_ms - 3'600'000 + 3'600'000);
  CHECK(kept[0].samples.front().timestamp_ms >= clock.now_ms - 2 * 3'600'000);
  clock.now_ms += 10 * 3'600'000;
  store.Maintain();
  CHECK(SelectAll(store).empty());
  CHECK(store.Statistics().series == 0);
  CHECK(store.Statistics().samples == 0);
  CHECK(store.Statistics().memory_bytes == 0);
}

TEST_CASE("past the memory bound old samples go, then new series are refused and old ones stay") {
  const ManualClock clock;
  const size_t bound = 1 << 20;
  MemoryStore store({.path = "", .retention_ms = 0, .max_memory_bytes = bound}, clock, kLogger);
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::vector<Write> writes{MakeWrite("a", i * 1000, std::bit_cast<double>(random() >> 2)),
                              MakeWrite("b", i * 1000, i)};
    store.Append(writes);
  }
  CHECK(store.Statistics().memory_bytes <= bound);
  CHECK(store.Statistics().dropped_samples > 0);
  CHECK(SelectAll(store)[0].samples.back().timestamp_ms == 99'999'000);

  size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::vector<Write> bomb{MakeWrite("bomb" + std::to_string(i), 200'000'000, 1), MakeWrite("a", 200'000'000 + i, 1)};
    refused += store.Append(bomb).refused_series;
  }
  CHECK(refused > 0);
  CHECK(store.Statistics().memory_bytes <= bound + (64 << 10));
  const std::vector<Matcher> a{Matcher(Matcher::Type::kEqual, "__name__", "a")};
  CHECK(store.Select(a, kMinTime, kMaxTime, kNoLimit)[0].samples.back().timestamp_ms == 200'004'999);
}

TEST_CASE("everything is there again after a restart, up to a torn record") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path, .retention_ms = 0};
  {
    MemoryStore store(options, clock, kLogger);
    CHECK_THROWS_WITH(MemoryStore(options, clock, kLogger), doctest::Contains("in use by another analyzer"));
    for (int i = 0; i < 1000; ++i) {
      std::vector<Write> writes{MakeWrite("a", i * 1000, i), MakeWrite("b", i * 1000, -0.0)};
      store.Append(writes);
    }
  }
  {
    const MemoryStore store(options, clock, kLogger);
    const auto all = SelectAll(store);
    REQUIRE(all.size() == 2);
    CHECK(all[0].samples.size() == 1000);
    CHECK(std::signbit(all[1].samples.back().value));
  }
  const std::string segment = directory.path + "/wal/00000001.wal";
  const auto size = std::filesystem::file_size(segment);
  std::filesystem::resize_file(segment, size - 5);
  {
    const MemoryStore store(options, clock, kLogger);
    CHECK(SelectAll(store)[0].samples.size() == 999);
  }
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file.put('\x55').put('\x55').put('\x55');
  }
  const MemoryStore store(options, clock, kLogger);
  const size_t left = SelectAll(store)[0].samples.size();
  CHECK(left > 300);
  CHECK(left < 999);
}
