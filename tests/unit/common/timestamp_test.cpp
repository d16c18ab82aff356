#include "common/timestamp.h"

#include <doctest/doctest.h>

using tidemark::FormatRfc3339;
using tidemark::ParseRfc3339;
using tidemark::ParseTimestampMs;

TEST_CASE("RFC 3339 times format and parse") {
  CHECK(FormatRfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(FormatRfc3339(1'435'781'451'781) == "2015-07-01T20:10:51.781Z");
  CHECK(ParseRfc3339("2015-07-01T20:10:51.781Z") == 1'435'781'451'781);
  CHECK(ParseRfc3339("2015-07-01T22:10:51.7815+02:00") == 1'435'781'451'781);
  CHECK(ParseRfc3339("1969-12-31T23:59:59Z") == -1000);
  for (const char* wrong : {"", "2015-07-01", "2015-02-30T00:00:00Z", "2015-07-01T24:00:00Z", "2015-07-01T20:10:51",
                            "2015-07-01T20:10:51.Z", "2015-07-01T20:10:51Zx"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseRfc3339(wrong).has_value());
  }
}

TEST_CASE("times are RFC 3339 or Unix seconds, to the millisecond") {
  CHECK(ParseTimestampMs("2015-07-01T20:10:51.781Z") == 1'435'781'451'781);
  CHECK(ParseTimestampMs("1435781451.781") == 1'435'781'451'781);
  CHECK(ParseTimestampMs("1435781451.7819") == 1'435'781'451'781);  // through float64 it might be another
  CHECK(ParseTimestampMs("-1.5") == -1500);
  CHECK(ParseTimestampMs("1e3") == 1'000'000);
  for (const char* wrong : {"", "x", "1:2", "NaN", "Inf", "1e300"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseTimestampMs(wrong).has_value());
  }
}
