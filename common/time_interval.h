#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/http/problem.h"

// Times that recur, in the form of Alertmanager's time_interval
// (https://prometheus.io/docs/alerting/latest/configuration/#time_interval): times of the day, days of the week and of
// the month, months and years, in a time zone. Evening to morning is two entries, or one that is read by its opposite.

namespace tidemark {

/// Both ends belong to it.
struct IntRange {
  int first;
  int last;
};

/// One entry: a time is in it when each field that is not empty has a range with the time.
struct TimeInterval {
  std::vector<std::pair<int, int>> minutes;  ///< of the day, without the second
  std::vector<IntRange> weekdays;            ///< 0: Sunday
  std::vector<IntRange> days_of_month;       ///< from 1; -1 is the last
  std::vector<IntRange> months;              ///< from 1
  std::vector<IntRange> years;
  std::string location = "UTC";  ///< of the IANA time zone database

  [[nodiscard]] bool Contains(int64_t time_ms) const;
};

/// A list of entries with the text they were read from, so that they can be shown as they were written.
struct TimeIntervals {
  std::vector<TimeInterval> entries;
  nlohmann::json source = nlohmann::json::array();

  /// Whether a time is in one of them.
  [[nodiscard]] bool Contains(int64_t time_ms) const;
};

/// Reads a list such as [{"weekdays": ["monday:friday"], "times": [{"start_time": "08:00", "end_time": "18:00"}],
/// "location": "Europe/Berlin"}]. What is wrong goes to `errors`, with pointers that begin with `pointer`.
TimeIntervals ParseTimeIntervals(const nlohmann::json& list, const std::string& pointer,
                                 std::vector<http::FieldError>& errors);

}  // namespace tidemark
