#include <doctest/doctest.h>

#include "exporter/services/lasting_sum.h"
#include "exporter/services/process_usage.h"

using namespace tidemark::exporter::services;

TEST_CASE("a lasting sum keeps what members had that went") {
  LastingSum<int, 2> sum;
  sum.Begin();
  sum.Add(1, {10, 100});
  sum.Add(2, {1, 2});
  CHECK(sum.End() == std::array<double, 2>{11, 102});
  sum.Begin();
  sum.Add(2, {3, 2});
  CHECK(sum.End() == std::array<double, 2>{13, 102});
  sum.Begin();
  CHECK(sum.End() == std::array<double, 2>{13, 102});
  sum.Begin();
  sum.Add(1, {5, 0});  // the key again, another member
  CHECK(sum.End() == std::array<double, 2>{18, 102});
}

TEST_CASE("a member that is smaller than before has begun anew") {
  LastingSum<int, 2> sum;
  sum.Begin();
  sum.Add(1, {10, 7});
  CHECK(sum.End() == std::array<double, 2>{10, 7});
  sum.Begin();
  sum.Add(1, {4, 8});
  CHECK(sum.End() == std::array<double, 2>{14, 8});
}

TEST_CASE("lines of /proc/PID/stat, with names that hold anything") {
  const auto stat = ParseProcessStat(
      "42 (a) b (c) S 1 42 42 0 -1 4210944 7 0 9 0 250 125 0 0 20 0 3 0 12345 8192 5 18446744073709551615 0 0\n");
  REQUIRE(stat);
  CHECK(stat->id == ProcessId{42, 12345});
  CHECK(stat->name == "a) b (c");
  CHECK(stat->minor_faults == 7);
  CHECK(stat->major_faults == 9);
  CHECK(stat->user_seconds == doctest::Approx(2.5));
  CHECK(stat->system_seconds == doctest::Approx(1.25));
  CHECK(stat->threads == 3);
  CHECK(stat->resident_bytes == doctest::Approx(5.0 * 4096));
  for (const char* text :
       {"", "42", "42 (a", "42 (a) S", ") 42 (", "x (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21",
        "42 (a) S 1 42 42 0 -1 x 7 0 9 0 250 125 0 0 20 0 3 0 12345 8192 5"}) {
    CAPTURE(text);
    CHECK(!ParseProcessStat(text));
  }
}
