#include "common/duration.h"

#include <doctest/doctest.h>

using tidemark::FormatDurationMs;
using tidemark::ParseDurationMs;

TEST_CASE("durations parse as Prometheus parses them") {
  CHECK(ParseDurationMs("0") == 0);
  CHECK(ParseDurationMs("30s") == 30'000);
  CHECK(ParseDurationMs("1h30m") == 5'400'000);
  CHECK(ParseDurationMs("1y2w3d4h5m6s7ms") == ((365 + 14 + 3) * 86'400'000LL + 4 * 3'600'000 + 5 * 60'000 + 6'007));
  CHECK(ParseDurationMs("500ms") == 500);
  for (const char* wrong :
       {"", "5", "s", "5 s", "-5s", "5s5m", "5s5s", "1.5h", "5x", "99999999999999999999s", "9999999y"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDurationMs(wrong).has_value());
  }
}

TEST_CASE("durations print as Prometheus prints them and read back") {
  CHECK(FormatDurationMs(0) == "0s");
  CHECK(FormatDurationMs(90'000) == "1m30s");
  CHECK(FormatDurationMs(7 * 86'400'000LL) == "1w");
  CHECK(FormatDurationMs(8 * 86'400'000LL) == "8d");
  CHECK(FormatDurationMs(365 * 86'400'000LL) == "1y");
  for (const int64_t duration : {1LL, 999LL, 61'001LL, 86'399'999LL, 400 * 86'400'000LL})
    CHECK(ParseDurationMs(FormatDurationMs(duration)) == duration);
}

TEST_CASE("durations of Go's flags") {
  using tidemark::ParseGoDurationSeconds;
  struct Case {
    const char* text;
    double seconds;
  };
  const Case good[] = {{"0", 0},       {"1s", 1},      {"3.46608s", 3.46608}, {"1m30s", 90},           {"1ms", 1e-3},
                       {"1.5h", 5400}, {"10us", 1e-5}, {"10µs", 1e-5},        {"1h1m1s1ms", 3661.001}, {".5s", 0.5}};
  for (const Case& example : good) {
    CAPTURE(example.text);
    REQUIRE(ParseGoDurationSeconds(example.text));
    CHECK(*ParseGoDurationSeconds(example.text) == doctest::Approx(example.seconds));
  }
  for (const char* text : {"", "1", "s", "-1s", "1d", "1 s", "1e3s", "inf", "nan", "1s2", "1..2s", "1s-1s", "1x"}) {
    CAPTURE(text);
    CHECK(!ParseGoDurationSeconds(text));
  }
}
