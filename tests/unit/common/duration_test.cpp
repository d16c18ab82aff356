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
