#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "tests/unit/analyzer/storage/store_fixture.h"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

size_t CountFiles(const std::string& directory, const std::string& extension) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    count += entry.path().extension() == extension ? 1 : 0;
  return count;
}

/// Samples of `name` must be 0, 1, 2 … at their times, `count` of them.
void CheckCounting(const Store& store, const std::string& name, size_t count, int64_t step_ms) {
  const std::vector<Matcher> matchers{Matcher(Matcher::Type::kEqual, "__name__", name)};
  const auto found = store.Select(matchers, kMinTime, kMaxTime, kNoLimit);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].samples.size() == count);
  for (size_t i = 0; i < count; ++i) {
    CHECK(found[0].samples[i].timestamp_ms == static_cast<int64_t>(i) * step_ms);
    CHECK(found[0].samples[i].value == static_cast<double>(i));
  }
}

}  // namespace

TEST_CASE("labels are a sorted set") {
  const Labels labels{{"b", "2"}, {"__name__", "m"}, {"a", ""}, {"c", "3"}};
  CHECK(labels.size() == 3);
  CHECK(labels.ToString() == "m{b=\"2\", c=\"3\"}");
  CHECK(labels.With("b", "").Get("b").empty());
  CHECK(labels.With("a", "1") == Labels{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"__name__", "m"}});
  CHECK(labels.Keep({"b"}) == Labels{{"b", "2"}});
  CHECK(labels.Drop({"b"}) == Labels{{"c", "3"}});
}

TEST_CASE("labels without one are as those that never had it") {
  const std::vector<Labels::Pair> pairs{{"Upper", "1"}, {"__name__", "m"}, {"a", "2"}, {"b", "3"}};
  for (size_t first = 0; first < pairs.size(); ++first) {
    const std::vector<Labels::Pair> some(pairs.begin() + static_cast<std::ptrdiff_t>(first), pairs.end());
    for (const Labels::Pair& gone : some) {
      const std::string& name = gone.first;
      std::vector<Labels::Pair> others = some;
      std::erase_if(others, [&](const Labels::Pair& pair) { return pair.first == name; });
      const Labels expected(others);
      const Labels with(some);
      const Labels without = with.Without(name);
      CHECK(without == expected);
      CHECK(without != with);
      CHECK((without <=> expected) == std::strong_ordering::equal);
      CHECK((without <=> with) == (expected <=> with));
      CHECK(without.Hash() == expected.Hash());
      CHECK(without.Hash() != with.Hash());
      CHECK(without.size() == others.size());
      CHECK(without.empty() == others.empty());
      CHECK(without.ToString() == expected.ToString());
      CHECK(without.Get(name).empty());
      CHECK(without.With(name, gone.second) == with);
      for (const auto& [other, ignored] : others) CHECK(without.Without(other) == expected.Without(other));
      CHECK(without.Keep({"a"}) == expected.Keep({"a"}));
      CHECK(without.Drop({"a"}) == expected.Drop({"a"}));
    }
  }
}

TEST_CASE("the newest sample of a range is the same whether it is looked up or read") {
  const TemporaryDirectory directory;
  ManualClock clock;
  // So small that old blocks go.
  const StoreOptions options{.path = directory.path, .retention_ms = 3'600'000, .max_disk_bytes = 3000};
  auto store = std::make_unique<Store>(options, clock, kQuietLogger);
  std::mt19937_64 random(4);
  const auto newest = [](const Selection& selection) {
    std::map<std::string, Sample> found;
    std::vector<Sample> samples;
    for (size_t i = 0; i < selection.size(); ++i) {
      selection.Read(i, samples);
      if (!samples.empty()) found.emplace(selection.labels(i).ToString(), samples.back());
    }
    return found;
  };
  size_t compared = 0;
  for (int round = 0; round < 4000; ++round) {
    clock.now_ms += static_cast<int64_t>(random() % 5000);
    const std::string name(1, static_cast<char>('a' + random() % 6));
    // One series pauses until the block with its newest sample is gone.
    if (name != "f" || round % 1000 < 20) AppendOne(*store, name, clock.now_ms, static_cast<double>(random() % 50));
    if (random() % 97 == 0) store->Flush();
    if (random() % 31 == 0) store->Maintain();
    if (random() % 397 == 0) {
      store.reset();
      store = std::make_unique<Store>(options, clock, kQuietLogger);
    }
    const int64_t to_ms = clock.now_ms - static_cast<int64_t>(random() % 4 == 0 ? random() % 4'000'000 : 0);
    const int64_t from_ms = to_ms - static_cast<int64_t>(random() % 300'000);
    const auto read = newest(*store->Open({}, from_ms, to_ms));
    const auto looked_up = newest(*store->OpenNewest({}, from_ms, to_ms));
    REQUIRE(read.size() == looked_up.size());
    for (const auto& [series, sample] : read) {
      CHECK(looked_up.at(series).timestamp_ms == sample.timestamp_ms);
      CHECK(looked_up.at(series).value == sample.value);
      ++compared;
    }
  }
  CHECK(compared > 5000);
}

TEST_CASE("what is selected again is what would be found anew, also after series have come and gone") {
  const TemporaryDirectory directory;
  ManualClock clock;
  const StoreOptions options{.path = directory.path, .retention_ms = 3'600'000, .max_series = 100};
  auto store = std::make_unique<Store>(options, clock, kQuietLogger);
  std::mt19937_64 random(5);
  const std::vector<std::vector<Matcher>> wanted{
      {},
      {Matcher(Matcher::Type::kRegex, "__name__", "[a-d]")},
      {Matcher(Matcher::Type::kNotEqual, "__name__", "a")},
      {Matcher(Matcher::Type::kEqual, "__name__", "e"), Matcher(Matcher::Type::kEqual, "job", "test")},
  };
  const auto in_range = [](std::vector<SeriesSamples> all, int64_t from_ms, int64_t to_ms) {
    for (SeriesSamples& series : all) {
      std::erase_if(series.samples,
                    [&](const Sample& sample) { return sample.timestamp_ms < from_ms || sample.timestamp_ms > to_ms; });
    }
    std::erase_if(all, [](const SeriesSamples& series) { return series.samples.empty(); });
    return all;
  };
  size_t compared = 0;
  size_t series_gone = 0;
  size_t series_before = 0;
  for (int round = 0; round < 3000; ++round) {
    clock.now_ms += static_cast<int64_t>(random() % 10'000);
    // Each lives for a while: of eight names one after the other falls silent, and later comes again.
    const auto first = static_cast<uint64_t>(round / 500);
    const std::string name(1, static_cast<char>('a' + (first + random() % 4) % 8));
    AppendOne(*store, name, clock.now_ms, static_cast<double>(random() % 50));
    if (random() % 60 == 0) store->Flush();
    if (random() % 20 == 0) store->Maintain();
    if (random() % 600 == 0) {
      store.reset();
      store = std::make_unique<Store>(options, clock, kQuietLogger);
    }
    const size_t series = store->Statistics().series;
    series_gone += series < series_before ? 1 : 0;
    series_before = series;
    const std::vector<Matcher>& matchers = wanted[random() % wanted.size()];
    std::vector<Matcher> others = matchers;  // that no selection before had
    others.emplace_back(Matcher::Type::kNotEqual, "other", std::to_string(round));
    const int64_t to_ms = clock.now_ms - static_cast<int64_t>(random() % 2 == 0 ? random() % 2'000'000 : 0);
    const int64_t from_ms = to_ms - static_cast<int64_t>(random() % 600'000);
    const auto expected = in_range(store->Select(others, kMinTime, kMaxTime, kNoLimit), from_ms, to_ms);
    for (int time = 0; time < 2; ++time) {
      const auto selected = in_range(store->Select(matchers, from_ms, to_ms, kNoLimit), from_ms, to_ms);
      REQUIRE(selected.size() == expected.size());
      for (size_t at = 0; at < expected.size(); ++at) {
        CHECK(selected[at].labels == expected[at].labels);
        CHECK(std::ranges::equal(selected[at].samples, expected[at].samples, [](const Sample& a, const Sample& b) {
          return a.timestamp_ms == b.timestamp_ms && a.value == b.value;
        }));
        compared += expected[at].samples.size();
      }
    }
  }
  CHECK(compared > 10'000);
  CHECK(series_gone > 3);
}

TEST_CASE("the store refuses what is out of order and finds by every kind of matcher") {
  const ManualClock clock;
  Store store({.path = "", .retention_ms = 0}, clock, kQuietLogger);
  for (int i = 0; i < 300; ++i) {
    CHECK(AppendOne(store, "a", i * 1000, i).appended == 1);
    CHECK(AppendOne(store, "b", i * 1000, -i).appended == 1);
    if (i == 150) CHECK(store.Flush());
  }
  CHECK(AppendOne(store, "a", 5000, 1).out_of_order == 1);
  CHECK(AppendOne(store, "a", 299'000, 299).appended == 1);  // once more the same
  CHECK(AppendOne(store, "a", 299'000, 5).duplicate == 1);
  CHECK(AppendOne(store, "a", kTimeBoundMs + 1, 5).out_of_bounds == 1);
  const std::vector<SeriesWrite> stranger{{999, {1, 1}}, {0, {1, 1}}};
  CHECK(store.Append(stranger).unknown_series == 2);

  const auto count = [&](Matcher::Type type, const std::string& name, const std::string& value) {
    const std::vector<Matcher> matchers{Matcher(type, name, value)};
    return store.Select(matchers, kMinTime, kMaxTime, kNoLimit).size();
  };
  CHECK(count(Matcher::Type::kEqual, "__name__", "a") == 1);
  CHECK(count(Matcher::Type::kNotEqual, "__name__", "a") == 1);
  CHECK(count(Matcher::Type::kRegex, "__name__", "a|b") == 2);
  CHECK(count(Matcher::Type::kRegex, "__name__", "a.+") == 0);
  CHECK(count(Matcher::Type::kRegex, "__name__", "[ab]") == 2);
  CHECK(count(Matcher::Type::kNotRegex, "job", "te") == 2);
  CHECK(count(Matcher::Type::kEqual, "missing", "") == 2);
  CHECK(store.Select({}, 100'500, 102'000, kNoLimit)[0].samples.size() == 2);
  CHECK(store.Series({}, 300'000, 400'000).empty());
  CHECK(store.Series({}, 299'000, 400'000).size() == 2);
  CHECK_THROWS_AS((void)store.Select({}, kMinTime, kMaxTime, 599), QueryError);
}

TEST_CASE("samples and then series leave when the retention is over") {
  ManualClock clock;
  constexpr int64_t kHourMs = 3'600'000;
  Store store({.path = "", .retention_ms = kHourMs}, clock, kQuietLogger);
  const int64_t begin_ms = clock.now_ms;
  for (int i = 0; i < 500; ++i) {
    clock.now_ms = begin_ms + i * 30'000;
    AppendOne(store, "a", clock.now_ms, i);
    store.Maintain();
  }
  const auto kept = SelectAll(store);
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].samples.front().timestamp_ms <= clock.now_ms - kHourMs);
  CHECK(kept[0].samples.front().timestamp_ms >= clock.now_ms - 2 * kHourMs);
  clock.now_ms += 10 * kHourMs;
  store.Maintain();
  store.Maintain();
  CHECK(SelectAll(store).empty());
  CHECK(store.Statistics().series == 0);
  CHECK(store.Statistics().samples == 0);
  // Its id is not given to another: a stale reference finds nothing.
  const std::vector<SeriesWrite> stale{{1, {clock.now_ms, 1}}};
  CHECK(store.Append(stale).unknown_series == 1);
}

TEST_CASE("past the memory bound old samples go, then new series are refused and old ones stay") {
  const ManualClock clock;
  const size_t bound = 1 << 20;
  Store store({.path = "", .retention_ms = 0, .max_memory_bytes = bound}, clock, kQuietLogger);
  std::mt19937_64 random(3);
  for (int i = 0; i < 200'000; ++i) {
    AppendOne(store, "a", i * 1000, std::bit_cast<double>(random() >> 2));
    if (i % 10'000 == 0) store.Maintain();
  }
  store.Maintain();
  CHECK(store.Statistics().memory_bytes <= bound);
  CHECK(store.Statistics().dropped_samples > 0);
  CHECK(SelectAll(store)[0].samples.back().timestamp_ms == 199'999'000);

  size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    refused += store.RefOf(TestLabels("bomb" + std::to_string(i))) == 0 ? 1 : 0;
    CHECK(AppendOne(store, "a", 200'000'000 + i, 1).appended == 1);
  }
  CHECK(refused > 0);
  CHECK(store.Statistics().refused_series == refused);
  store.Maintain();
  CHECK(store.Statistics().memory_bytes <= bound);
  const std::vector<Matcher> a{Matcher(Matcher::Type::kEqual, "__name__", "a")};
  CHECK(store.Select(a, kMinTime, kMaxTime, kNoLimit)[0].samples.back().timestamp_ms == 200'004'999);
}

TEST_CASE("past the bound of series new ones are refused, and of the disk the oldest blocks go") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  constexpr uint64_t kDiskBytes = 200'000;
  Store store({.path = directory.path, .retention_ms = 0, .max_disk_bytes = kDiskBytes, .max_series = 2}, clock,
              kQuietLogger);
  std::mt19937_64 random(3);
  for (int i = 0; i < 60'000; ++i) {
    AppendOne(store, "a", i * 1000, std::bit_cast<double>(random() >> 2));
    if (i % 5000 == 4999) CHECK(store.Flush());
    if (i % 5000 == 4999) store.Maintain();
  }
  const StoreStatistics statistics = store.Statistics();
  CHECK(statistics.block_bytes + statistics.log_bytes <= kDiskBytes);
  CHECK(statistics.dropped_samples > 0);
  CHECK(SelectAll(store)[0].samples.back().timestamp_ms == 59'999'000);
  CHECK(store.RefOf(TestLabels("b")) != 0);
  CHECK(store.RefOf(TestLabels("c")) == 0);
}

TEST_CASE("everything is there again after a restart, from blocks and from the log") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path, .retention_ms = 0};
  size_t count = 0;
  for (int round = 0; round < 4; ++round) {
    Store store(options, clock, kQuietLogger);
    CHECK_THROWS_WITH(Store(options, clock, kQuietLogger), doctest::Contains("in use by another analyzer"));
    if (round > 0) CheckCounting(store, "a", count, 1000);
    for (int i = 0; i < 1000; ++i, ++count) {
      AppendOne(store, "a", static_cast<int64_t>(count) * 1000, static_cast<double>(count));
      AppendOne(store, "b", static_cast<int64_t>(count) * 1000, -0.0);
      if (i == 500 && round % 2 == 0) CHECK(store.Flush());
    }
    CheckCounting(store, "a", count, 1000);
    CHECK(store.Sync());
  }
  const Store store(options, clock, kQuietLogger);
  CheckCounting(store, "a", count, 1000);
  CHECK(std::signbit(SelectAll(store)[1].samples.back().value));
  CHECK(store.Statistics().samples == 2 * count);
  CHECK(store.Statistics().head_samples == 0);
}

TEST_CASE("a series that was known without samples, and comes again, keeps its new ones") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path, .retention_ms = 0};
  {
    Store store(options, clock, kQuietLogger);
    // What a crash between the series log and the log leaves: a series and nothing of it.
    store.RefOf(TestLabels("a"));
    AppendOne(store, "b", 0, 1);
  }
  {
    Store store(options, clock, kQuietLogger);
    for (int i = 0; i < 10; ++i) AppendOne(store, "a", i * 1000, i);
  }
  const Store store(options, clock, kQuietLogger);
  CheckCounting(store, "a", 10, 1000);
}

TEST_CASE("blocks of one stretch of time are joined") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path, .retention_ms = 0};
  Store store(options, clock, kQuietLogger);
  for (int i = 0; i < 5000; ++i) {
    AppendOne(store, "a", i * 60'000, i);
    if (i % 100 == 99) {
      CHECK(store.Flush());
      store.Maintain();
    }
  }
  // 5000 minutes are four days.
  CHECK(store.Statistics().blocks < 12);
  CHECK(store.Statistics().blocks >= 4);
  CHECK(CountFiles(directory.path + "/blocks", ".blk") == store.Statistics().blocks);
  CheckCounting(store, "a", 5000, 60'000);
  CHECK(store.Statistics().samples == 5000);
}

TEST_CASE("a torn log costs its end, a damaged chunk its samples, a damaged block its own") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path, .retention_ms = 0};
  const std::string copy = directory.path + "-copy";
  {
    Store store(options, clock, kQuietLogger);
    for (int i = 0; i < 1000; ++i) {
      AppendOne(store, "a", i * 1000, i);
      if (i == 499) CHECK(store.Flush());
    }
    // What a killed process leaves, in a place of its own.
    std::filesystem::remove_all(copy);
    std::filesystem::copy(directory.path, copy, std::filesystem::copy_options::recursive);
  }
  const StoreOptions copied{.path = copy, .retention_ms = 0};
  std::string segment;
  for (const auto& entry : std::filesystem::directory_iterator(copy + "/wal")) {
    if (entry.file_size() > 100) segment = entry.path();
  }
  REQUIRE(!segment.empty());
  std::filesystem::resize_file(segment, std::filesystem::file_size(segment) - 5);
  {
    const Store store(copied, clock, kQuietLogger);
    CHECK(SelectAll(store)[0].samples.size() == 999);
    CHECK(store.Statistics().torn_segments == 1);
  }
  std::vector<std::string> blocks;
  for (const auto& entry : std::filesystem::directory_iterator(copy + "/blocks")) blocks.push_back(entry.path());
  std::ranges::sort(blocks);
  REQUIRE(blocks.size() == 2);
  const auto flip = [](const std::string& path, std::streamoff at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(at).put(byte);
  };
  flip(blocks[0], 20);
  {
    const Store store(copied, clock, kQuietLogger);
    // The block's newest 32 are in another chunk.
    CHECK(SelectAll(store)[0].samples.size() == 499 + 32);
    CHECK(store.Statistics().damaged_chunks == 1);
  }
  flip(blocks[0], static_cast<std::streamoff>(std::filesystem::file_size(blocks[0])) - 30);
  {
    const Store store(copied, clock, kQuietLogger);
    CHECK(SelectAll(store)[0].samples.size() == 499);
    CHECK(store.Statistics().blocks == 1);
  }
  std::filesystem::remove_all(copy);
}

TEST_CASE("appending, reading, flushing and cleaning go on beside each other") {
  ManualClock clock;
  clock.now_ms = 1'000'000'000'000;
  const TemporaryDirectory directory;
  Store store({.path = directory.path, .retention_ms = 3'600'000}, clock, kQuietLogger);
  constexpr int kWriters = 3;
  constexpr int kSteps = 400;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      const std::string name = "w" + std::to_string(writer);
      for (int i = 0; i < kSteps; ++i) {
        if (AppendOne(store, name, clock.now_ms - kSteps * 1000 + i * 1000, i).appended != 1) ++wrong;
        (void)store.RefOf(TestLabels(name + "-" + std::to_string(i)));
        if (i % 50 == 0 && !store.Sync()) ++wrong;
      }
    });
  }
  std::jthread reader([&] {
    while (!done) {
      for (const SeriesSamples& series : SelectAll(store)) {
        // Whatever moved from head to block meanwhile: no gap and nothing twice.
        for (size_t i = 0; i < series.samples.size(); ++i)
          wrong += series.samples[i].value == static_cast<double>(i) ? 0 : 1;
      }
      (void)store.Statistics();
    }
  });
  std::jthread maintainer([&] {
    while (!done) {
      store.Flush();
      store.Maintain();
    }
  });
  threads.clear();
  done = true;
  reader.join();
  maintainer.join();
  CHECK(wrong == 0);
  size_t full = 0;
  for (const SeriesSamples& series : SelectAll(store)) full += series.samples.size() == kSteps ? 1 : 0;
  CHECK(full == kWriters);
}

TEST_CASE("a snapshot opens as a store with the same samples") {
  const ManualClock clock;
  const TemporaryDirectory directory;
  const TemporaryDirectory target;
  const std::string snapshot = target.path + "/snapshot";
  Store store({.path = directory.path, .retention_ms = 0}, clock, kQuietLogger);
  for (int i = 0; i < 700; ++i) AppendOne(store, "a", i * 1000, i);
  store.Snapshot(snapshot);
  for (int i = 700; i < 900; ++i) AppendOne(store, "a", i * 1000, i);
  const Store restored({.path = snapshot, .retention_ms = 0}, clock, kQuietLogger);
  CheckCounting(restored, "a", 700, 1000);
  CheckCounting(store, "a", 900, 1000);
}
