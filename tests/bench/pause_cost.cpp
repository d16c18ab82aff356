// How long an append of 100 samples and a query of one series take, with and without cleaning beside them:
// pause-cost [series]. Each round is two hours at 30 s, of which the head becomes blocks, the oldest block and the
// series that ended are dropped, and blocks are joined. What the machine itself adds stands in the first lines too. On
// a disk (TMPDIR), appends also wait for its syncs, which come with cleaning; /dev/shm leaves them out.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/storage/store.h"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr int64_t kStepMs = 30'000;
constexpr int kStepsPerRound = 240;
constexpr size_t kWrites = 100;
constexpr int kRounds = 3;

class SteppedClock final : public Clock {
 public:
  std::atomic<int64_t> now_ms{1'700'000'000'000};
  [[nodiscard]] int64_t NowMs() const override { return now_ms; }
};

/// Durations of one kind of call, in microseconds.
class Latencies {
 public:
  template <typename F>
  void Time(F&& call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    us_.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  void Print(const char* name) {
    std::ranges::sort(us_);
    std::printf("%-34s %9zu calls  median %8.1f us  99.9 %% %8.1f us  longest %8.1f us\n", name, us_.size(),
                us_[us_.size() / 2], us_[us_.size() * 999 / 1000], us_.back());
    us_.clear();
  }

 private:
  std::vector<double> us_;
};

class Bench {
 public:
  Bench(size_t series, std::string directory)
      : directory_(std::move(directory)),
        logger_(LogLevel::kError, LogFormat::kLogfmt),
        store_({.path = directory_, .retention_ms = 4 * 3'600'000LL, .max_memory_bytes = size_t{1} << 30}, clock_,
               logger_) {
    for (size_t i = 0; i < series; ++i) refs_.push_back(store_.RefOf(SeriesLabels(i, 0)));
  }

  /// Appends two hours while queries run; `cleaning`: Maintain runs too, and a tenth of the series are new ones.
  void Round(int number, bool cleaning) {
    if (cleaning) {
      for (size_t i = 0; i < refs_.size(); i += 10) refs_[i] = store_.RefOf(SeriesLabels(i, number));
    }
    std::atomic<bool> done = false;
    std::jthread cleaner([&] {
      while (cleaning && !done) {
        store_.Maintain();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // an analyzer's is a second
      }
    });
    std::jthread reader([&] {
      for (size_t i = 0; !done; i = (i + 7919) % refs_.size()) {
        const std::vector<Matcher> matchers{Matcher(Matcher::Type::kEqual, "index", std::to_string(i))};
        queries_.Time([&] { (void)store_.Select(matchers, clock_.now_ms - 600'000, clock_.now_ms, 100'000); });
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
    std::vector<SeriesWrite> writes;
    for (int step = 0; step < kStepsPerRound; ++step) {
      clock_.now_ms += kStepMs;
      for (size_t i = 0; i < refs_.size(); ++i) {
        writes.push_back({refs_[i], {clock_.now_ms, static_cast<double>(i * static_cast<size_t>(step) % 1000)}});
        if (writes.size() < kWrites && i + 1 < refs_.size()) continue;
        appends_.Time([&] { store_.Append(writes); });
        writes.clear();
      }
    }
    done = true;
  }
  /// Everything is past the retention at once: blocks go, and then series by series, while a hundred new ones get
  /// samples and are read.
  void Expire() {
    clock_.now_ms += 5 * 3'600'000LL;
    std::vector<SeriesRef> refs;
    for (size_t i = 0; i < kWrites; ++i) refs.push_back(store_.RefOf(SeriesLabels(i, -1)));
    std::atomic<bool> done = false;
    std::jthread cleaner([&] {
      while (store_.Statistics().series > kWrites) {
        store_.Maintain();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      done = true;
    });
    std::jthread reader([&] {
      const std::vector<Matcher> matchers{Matcher(Matcher::Type::kEqual, "generation", "-1"),
                                          Matcher(Matcher::Type::kEqual, "index", "7")};
      while (!done) {
        queries_.Time([&] { (void)store_.Select(matchers, clock_.now_ms - 600'000, clock_.now_ms, 100'000); });
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
    std::vector<SeriesWrite> writes;
    while (!done) {
      clock_.now_ms += 1;
      writes.clear();
      for (const SeriesRef ref : refs) writes.push_back({ref, {clock_.now_ms, 1}});
      appends_.Time([&] { store_.Append(writes); });
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  void Print(const char* when) {
    std::printf("%s, %zu series, %zu blocks\n", when, store_.Statistics().series, store_.Statistics().blocks);
    appends_.Print("  append of 100 samples");
    queries_.Print("  query of one series, 10 minutes");
  }

 private:
  static Labels SeriesLabels(size_t i, int generation) {
    return Labels{{"__name__", "bench_value"},
                  {"generation", std::to_string(generation)},
                  {"index", std::to_string(i)},
                  {"job", "bench"}};
  }

  const std::string directory_;
  SteppedClock clock_;
  const Logger logger_;
  Store store_;
  std::vector<SeriesRef> refs_;
  Latencies appends_;
  Latencies queries_;
};

}  // namespace

int main(int argc, char** argv) {
  const size_t series = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  if (series < kWrites) {
    std::fprintf(stderr, "usage: pause-cost [series], at least %zu\n", kWrites);
    return 2;
  }
  std::string directory = (std::filesystem::temp_directory_path() / "tidemark-pause-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  {
    Bench bench(series, directory);
    for (int round = 0; round < kRounds; ++round) bench.Round(0, false);
    bench.Print("without cleaning");
    for (int round = 1; round <= kRounds; ++round) bench.Round(round, true);
    bench.Print("with flushing and joining");
    bench.Expire();
    bench.Print("while everything old goes");
  }
  std::filesystem::remove_all(directory);
  return 0;
}
