#include "exporter/helping_thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

using tidemark::exporter::HelpingThread;
using Hand = HelpingThread::Hand;

namespace {

/// The CPUs that this thread may run on.
cpu_set_t AllowedCpus() {
  cpu_set_t cpus;
  REQUIRE(::sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
  return cpus;
}

}  // namespace

TEST_CASE("every piece is done once, by each of the two in the order of the row") {
  HelpingThread helper(1);
  for (size_t count = 0; count < 200; ++count) {
    std::array<std::vector<size_t>, 2> places;
    helper.Run(count, [&](size_t place, Hand hand) { places[static_cast<size_t>(hand)].push_back(place); });
    std::vector<size_t> all;
    for (const std::vector<size_t>& of_one : places) {
      REQUIRE(std::ranges::is_sorted(of_one));
      all.insert(all.end(), of_one.begin(), of_one.end());
    }
    std::ranges::sort(all);
    REQUIRE(all.size() == count);
    for (size_t place = 0; place < count; ++place) REQUIRE(all[place] == place);
  }
}

TEST_CASE("the helper works while the caller does, where there is a CPU for it") {
  const cpu_set_t cpus = AllowedCpus();
  if (CPU_COUNT(&cpus) < 2) return;
  HelpingThread helper(1);
  for (int row = 0; row < 100; ++row) {
    std::latch both{2};  // neither piece ends before the other has begun
    std::atomic<int> by_helper = 0;
    helper.Run(2, [&](size_t, Hand hand) {
      by_helper += hand == Hand::kHelper ? 1 : 0;
      both.arrive_and_wait();
    });
    CHECK(by_helper == 1);
    std::latch begun{2};
    helper.Run(
        1,
        [&](size_t, Hand hand) {
          CHECK(hand == Hand::kHelper);
          begun.arrive_and_wait();
        },
        [&] { begun.arrive_and_wait(); });
  }
}

TEST_CASE("with a single CPU the caller does it all") {
  const cpu_set_t before = AllowedCpus();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  REQUIRE(::pthread_setaffinity_np(::pthread_self(), sizeof(one), &one) == 0);
  HelpingThread helper(1);
  size_t by_caller = 0;
  helper.Run(100, [&](size_t, Hand hand) { by_caller += hand == Hand::kCaller ? 1 : 0; });
  CHECK(by_caller == 100);
  REQUIRE(::pthread_setaffinity_np(::pthread_self(), sizeof(before), &before) == 0);
}

TEST_CASE("a row of too few pieces is the caller's") {
  HelpingThread helper(5);
  size_t by_caller = 0;
  for (int row = 0; row < 100; ++row)
    helper.Run(4, [&](size_t, Hand hand) { by_caller += hand == Hand::kCaller ? 1 : 0; });
  CHECK(by_caller == 400);
}

TEST_CASE("what a piece throws comes out when both have stopped, and the next row is done") {
  HelpingThread helper(1);
  for (const Hand thrower : {Hand::kCaller, Hand::kHelper}) {
    for (int row = 0; row < 100; ++row) {
      std::atomic<int> running = 0;
      std::atomic<bool> throws = false;
      try {
        helper.Run(50, [&](size_t, Hand hand) {
          ++running;
          std::this_thread::yield();
          --running;
          if (hand != thrower) return;
          throws = true;
          throw std::runtime_error("broken");
        });
        CHECK_FALSE(throws);  // the other had done all before this one came to any
      } catch (const std::runtime_error& error) {
        CHECK(std::string_view(error.what()) == "broken");
      }
      CHECK(running == 0);
    }
    CHECK_THROWS_WITH_AS(helper.Run(
                             50, [](size_t, Hand) {}, [] { throw std::runtime_error("first"); }),
                         "first", std::runtime_error);
    std::atomic<int> done = 0;
    helper.Run(50, [&](size_t, Hand) { ++done; });
    CHECK(done == 50);
  }
}
