// Does to a store what an analyzer does to it in a day, in a second, and says on standard output what is acknowledged:
// store-steps DIRECTORY FIRST COUNT. Step i appends the value i at time i seconds to four series (and makes a new one
// now and then), syncs, and prints i; the head becomes a block every 60 steps, and blocks are joined.
// `store-steps DIRECTORY check LAST` prints what is wrong when steps 0 to LAST are not all there, in order.

#include <cstdlib>
#include <iostream>
#include <string>

#include "analyzer/storage/store.h"

namespace {

using namespace tidemark;
using storage::Labels;

class StepClock final : public Clock {
 public:
  int64_t now_ms = 0;
  [[nodiscard]] int64_t NowMs() const override { return now_ms; }
};

constexpr int kSeries = 4;

Labels SeriesLabels(int number) { return Labels{{"__name__", "steps"}, {"number", std::to_string(number)}}; }

int Check(const storage::Store& store, int last) {
  const auto all = store.Select({}, storage::kMinTime, storage::kMaxTime, size_t{1} << 40);
  for (int number = 0; number < kSeries; ++number) {
    const Labels labels = SeriesLabels(number);
    const storage::SeriesSamples* found = nullptr;
    for (const auto& series : all) {
      if (series.labels == labels) found = &series;
    }
    const size_t count = found == nullptr ? 0 : found->samples.size();
    // Steps that were not acknowledged may be there too, but only after those that were.
    if (count < static_cast<size_t>(last) + 1) {
      std::cout << labels.ToString() << " has " << count << " samples, " << last + 1 << " were acknowledged\n";
      return 1;
    }
    for (size_t i = 0; i < count; ++i) {
      const storage::Sample& sample = found->samples[i];
      if (sample.timestamp_ms == static_cast<int64_t>(i) * 1000 && sample.value == static_cast<double>(i)) continue;
      std::cout << labels.ToString() << " has " << sample.value << " at " << sample.timestamp_ms << " in place " << i
                << '\n';
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: store-steps DIRECTORY FIRST COUNT | DIRECTORY check LAST\n";
    return 2;
  }
  StepClock clock;
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  storage::Store store({.path = argv[1], .retention_ms = 0}, clock, logger);
  if (std::string(argv[2]) == "check") return Check(store, std::atoi(argv[3]));
  const int first = std::atoi(argv[2]);
  for (int step = first; step < first + std::atoi(argv[3]); ++step) {
    clock.now_ms = step * 1000LL;
    std::vector<storage::SeriesWrite> writes;
    for (int number = 0; number < kSeries; ++number)
      writes.push_back({store.RefOf(SeriesLabels(number)), {step * 1000LL, static_cast<double>(step)}});
    if (step % 20 == 0)
      writes.push_back(
          {store.RefOf(Labels{{"__name__", "passing"}, {"step", std::to_string(step)}}), {step * 1000LL, 1}});
    if (!store.Append(writes).durable || !store.Sync()) continue;
    std::cout << step << std::endl;
    if (step % 60 == 59) store.Flush();
    if (step % 200 == 199) store.Maintain();
  }
  return 0;
}
