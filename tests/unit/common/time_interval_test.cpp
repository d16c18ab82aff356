#include "common/time_interval.h"

#include <doctest/doctest.h>

#include "common/timestamp.h"

using namespace tidemark;
using nlohmann::json;

namespace {

bool In(const char* entry, const char* time) {
  std::vector<http::FieldError> errors;
  const TimeIntervals intervals = ParseTimeIntervals(json::array({json::parse(entry)}), "", errors);
  REQUIRE(errors.empty());
  return intervals.Contains(*ParseRfc3339(time));
}

bool IsRefused(const char* entry) {
  std::vector<http::FieldError> errors;
  ParseTimeIntervals(json::array({json::parse(entry)}), "", errors);
  return !errors.empty();
}

}  // namespace

TEST_CASE("times of the day are those of the location") {
  const char* office = R"({"weekdays": ["monday:friday"], "times": [{"start_time": "08:00", "end_time": "18:00"}],
                           "location": "Europe/Berlin"})";
  CHECK(In(office, "2026-11-25T07:00:00Z"));
  CHECK_FALSE(In(office, "2026-11-25T06:59:59Z"));
  CHECK_FALSE(In(office, "2026-11-25T17:00:00Z"));
  CHECK_FALSE_MESSAGE(In(office, "2026-11-28T10:00:00Z"), "a Saturday");
  CHECK_MESSAGE(In(office, "2026-07-01T06:00:00Z"), "an hour earlier in summer");
  CHECK(In(R"({"times": [{"start_time": "23:00", "end_time": "24:00"}]})", "2026-01-01T23:59:59Z"));
}

TEST_CASE("days of the month count from its end too") {
  CHECK(In(R"({"days_of_month": ["-1"]})", "2026-02-28T00:00:00Z"));
  CHECK_FALSE(In(R"({"days_of_month": ["-1"]})", "2028-02-28T00:00:00Z"));
  CHECK(In(R"({"days_of_month": ["1:5", "-3:-1"]})", "2026-04-28T00:00:00Z"));
  CHECK_FALSE(In(R"({"days_of_month": ["1:5", "-3:-1"]})", "2026-04-27T00:00:00Z"));
  CHECK(In(R"({"days_of_month": ["20:-1"]})", "2026-04-30T00:00:00Z"));
}

TEST_CASE("months and years") {
  CHECK(In(R"({"months": ["may:august", "12"], "years": ["2026:2027"]})", "2027-12-31T00:00:00Z"));
  CHECK(In(R"({"months": [5]})", "2027-05-31T00:00:00Z"));
  CHECK_FALSE(In(R"({"months": ["may:august"], "years": [2026]})", "2027-05-31T00:00:00Z"));
}

TEST_CASE("what is no time interval is refused") {
  for (const char* entry :
       {"[]", "1", R"({"times": {}})", R"({"times": [{"start_time": "8:00", "end_time": "18:00"}]})",
        R"({"times": [{"start_time": "08:00"}]})", R"({"times": [{"start_time": "08:00", "end_time": "24:01"}]})",
        R"({"weekdays": ["friday:monday"]})", R"({"weekdays": "monday"})", R"({"days_of_month": [0]})",
        R"({"days_of_month": [32]})", R"({"days_of_month": ["-1:-3"]})", R"({"months": ["13"]})", R"({"years": ["x"]})",
        R"({"location": "nowhere"})", R"({"location": ""})", R"({"location": "../../etc/passwd"})", R"({"day": 1})"}) {
    CAPTURE(entry);
    CHECK(IsRefused(entry));
  }
}
