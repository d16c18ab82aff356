#include "exporter/helping_thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

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

TEST_CASE("every piece is done once, by the caller in rising and by the helper in falling order") {
  HelpingThread helper;
  for (size_t count = 0; count < 200; ++count) {
    std::vector<size_t> callers;
    std::vector<size_t> helpers;
    helper.Run(count, [&](size_t place, Hand hand) { (hand == Hand::kCaller ? callers : helpers).push_back(place); });
    callers.insert(callers.end(), helpers.rbegin(), helpers.rend());
    REQUIRE(callers.size() == count);
    for (size_t place = 0; place < count; ++place) REQUIRE(callers[place] == place);
  }
}

TEST_CASE("the helper works while the caller does, where there is a CPU for it") {
  const cpu_set_t cpus = AllowedCpus();
  if (CPU_COUNT(&cpus) < 2) return;
  HelpingThread helper;
  for (int row = 0; row < 100; ++row) {
    std::latch both{2};  // neither piece ends before the other has begun
    std::atomic<int> by_helper = 0;
    helper.Run(2, [&](size_t, Hand hand) {
      by_helper += hand == Hand::kHelper ? 1 : 0;
      both.arrive_and_wait();
    });
    CHECK(by_helper == 1);
  }
}

TEST_CASE("with a single CPU the caller does it all") {
  const cpu_set_t before = AllowedCpus();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  REQUIRE(::pthread_setaffinity_np(::pthread_self(), sizeof(one), &one) == 0);
  HelpingThread helper;
  size_t by_caller = 0;
  helper.Run(100, [&](size_t, Hand hand) { by_caller += hand == Hand::kCaller ? 1 : 0; });
  CHECK(by_caller == 100);
  REQUIRE(::pthread_setaffinity_np(::pthread_self(), sizeof(before), &before) == 0);
}

TEST_CASE("what a piece throws comes out when both have stopped, and the next row is done") {
  HelpingThread helper;
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
    std::atomic<int> done = 0;
    helper.Run(50, [&](size_t, Hand) { ++done; });
    CHECK(done == 50);
  }
}
