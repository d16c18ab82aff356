#include "common/timestamp.h"

#include <doctest/doctest.h>

using tidemark::FormatRfc3339;
using tidemark::ParseRfc3339;

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
