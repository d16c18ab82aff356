#include "common/single_flight.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

using tidemark::SingleFlight;

TEST_CASE("work that is asked for meanwhile is done once, and again afterwards") {
  SingleFlight<int> flight;
  constexpr int kAskers = 4;
  std::latch working{1};
  std::latch go{1};
  std::atomic<int> runs = 0;
  std::atomic<int> sum = 0;
  const auto make = [&] {
    if (runs++ == 0) {
      working.count_down();
      go.wait();
    }
    return runs.load();
  };
  std::vector<std::jthread> askers;
  askers.emplace_back([&] { sum += flight.Do("a", make); });
  working.wait();
  CHECK(flight.Do("b", [] { return 7; }) == 7);  // another key does not wait
  std::latch asked{kAskers};
  for (int i = 0; i < kAskers; ++i) {
    askers.emplace_back([&] {
      asked.count_down();
      sum += flight.Do("a", make);
    });
  }
  asked.wait();
  go.count_down();
  askers.clear();
  // Whoever came late made the second one at the earliest; nobody made one of his own beside a running one.
  CHECK(runs >= 1);
  CHECK(runs <= 1 + kAskers);
  CHECK(sum >= 1 + kAskers);
  const int before = runs;
  CHECK(flight.Do("a", make) == before + 1);
}

TEST_CASE("what the work throws reaches who asked, and the next one works") {
  SingleFlight<int> flight;
  CHECK_THROWS_WITH_AS((void)flight.Do("a", []() -> int { throw std::runtime_error("broken"); }), "broken",
                       std::runtime_error);
  CHECK(flight.Do("a", [] { return 1; }) == 1);
}
