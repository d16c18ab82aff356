#include "common/time_interval.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

#include "common/text.h"

namespace tidemark {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                               "thursday", "friday", "saturday"};
constexpr std::array<const char*, 12> kMonths{"january", "february", "march",     "april",   "may",      "june",
                                              "july",    "august",   "september", "october", "november", "december"};
constexpr size_t kMaxEntries = 32;
constexpr int kMinutesADay = 24 * 60;

std::optional<int> ParseInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <size_t N>
std::optional<int> IndexOf(const std::array<const char*, N>& names, std::string_view text) {
  for (size_t i = 0; i < N; ++i) {
    if (EqualsIgnoreCase(names[i], text)) return static_cast<int>(i);
  }
  return std::nullopt;
}

/// Minutes of the day of "HH:MM", up to "24:00".
std::optional<int> ParseTimeOfDay(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const std::optional<int> hours = ParseInt(text.substr(0, 2));
  const std::optional<int> minutes = ParseInt(text.substr(3));
  if (!hours || !minutes || *hours < 0 || *minutes < 0 || *minutes > 59) return std::nullopt;
  const int total = *hours * 60 + *minutes;
  return total <= kMinutesADay ? std::optional(total) : std::nullopt;
}

std::optional<int> ParseWeekday(std::string_view text) { return IndexOf(kWeekdays, text); }

std::optional<int> ParseMonth(std::string_view text) {
  if (const std::optional<int> index = IndexOf(kMonths, text)) return *index + 1;
  const std::optional<int> number = ParseInt(text);
  return number && *number >= 1 && *number <= 12 ? number : std::nullopt;
}

std::optional<int> ParseDayOfMonth(std::string_view text) {
  const std::optional<int> number = ParseInt(text);
  return number && *number != 0 && *number >= -31 && *number <= 31 ? number : std::nullopt;
}

std::optional<int> ParseYear(std::string_view text) {
  const std::optional<int> number = ParseInt(text);
  return number && *number >= 0 && *number <= 9999 ? number : std::nullopt;
}

/// Reads one entry; what is wrong is gathered.
class Reader {
 public:
  Reader(const json& entry, std::string pointer, std::vector<http::FieldError>& errors)
      : entry_(entry), pointer_(std::move(pointer)), errors_(errors) {}

  TimeInterval Read() {
    TimeInterval interval;
    if (!entry_.is_object()) {
      Fail("", "must be an object with times, weekdays, days_of_month, months, years and location");
      return interval;
    }
    for (const auto& [field, value] : entry_.items()) {
      if (field == "times") {
        ReadTimes(value, interval);
      } else if (field == "weekdays") {
        ReadRanges(field, value, ParseWeekday, "a weekday such as monday, or monday:friday", interval.weekdays);
      } else if (field == "days_of_month") {
        ReadRanges(field, value, ParseDayOfMonth, "a day from 1 to 31, from the end -1 to -31, or a range such as 1:5",
                   interval.days_of_month);
      } else if (field == "months") {
        ReadRanges(field, value, ParseMonth, "a month such as may or 5, or a range such as may:august",
                   interval.months);
      } else if (field == "years") {
        ReadRanges(field, value, ParseYear, "a year such as 2030, or a range such as 2030:2032", interval.years);
      } else if (field == "location") {
        ReadLocation(value, interval);
      } else {
        Fail("/" + field, "unknown field; there are times, weekdays, days_of_month, months, years and location");
      }
    }
    return interval;
  }

 private:
  void Fail(const std::string& field, std::string detail) { errors_.push_back({pointer_ + field, std::move(detail)}); }

  /// Calls `read(item, pointer)` for each item of a list.
  template <typename F>
  void Each(const std::string& field, const json& list, F&& read) {
    if (!list.is_array() || list.size() > kMaxEntries) {
      Fail("/" + field, "must be a list of at most " + std::to_string(kMaxEntries));
      return;
    }
    for (size_t i = 0; i < list.size(); ++i) read(list[i], "/" + field + "/" + std::to_string(i));
  }

  void ReadTimes(const json& list, TimeInterval& interval) {
    Each("times", list, [&](const json& item, const std::string& at) {
      std::array<std::optional<int>, 2> ends;
      for (size_t i = 0; i < ends.size(); ++i) {
        const char* name = i == 0 ? "start_time" : "end_time";
        if (item.is_object() && item.contains(name) && item[name].is_string())
          ends[i] = ParseTimeOfDay(item[name].get_ref<const std::string&>());
      }
      if (!ends[0] || !ends[1] || item.size() != 2 || *ends[0] >= *ends[1]) {
        Fail(at, R"(must be {"start_time": "HH:MM", "end_time": "HH:MM"}, the end later, at most 24:00)");
      } else {
        interval.minutes.emplace_back(*ends[0], *ends[1]);
      }
    });
  }

  template <typename Parse>
  void ReadRanges(const std::string& field, const json& list, Parse parse, const std::string& what,
                  std::vector<IntRange>& ranges) {
    Each(field, list, [&](const json& item, const std::string& at) {
      const std::string text = item.is_string() ? item.get<std::string>() : item.is_number_integer() ? item.dump() : "";
      const size_t colon = text.find(':');
      const std::optional<int> first = parse(std::string_view(text).substr(0, colon));
      const std::optional<int> last =
          colon == std::string::npos ? first : parse(std::string_view(text).substr(colon + 1));
      // -3 to -1 rises; 20 to -1 may, which depends on the month.
      if (!first || !last || ((*first < 0) == (*last < 0) && *first > *last) || (*first < 0 && *last > 0)) {
        Fail(at, "must be " + what);
      } else {
        ranges.push_back({*first, *last});
      }
    });
  }

  void ReadLocation(const json& value, TimeInterval& interval) {
    try {
      interval.location = date::locate_zone(value.is_string() ? value.get_ref<const std::string&>() : "")->name();
    } catch (const std::runtime_error&) {
      Fail("/location", "must be a time zone of the IANA database, such as Europe/Berlin or UTC");
    }
  }

  const json& entry_;
  const std::string pointer_;
  std::vector<http::FieldError>& errors_;
};

bool In(const std::vector<IntRange>& ranges, int value) {
  return ranges.empty() ||
         std::ranges::any_of(ranges, [value](const IntRange& r) { return r.first <= value && value <= r.last; });
}

}  // namespace

bool TimeInterval::Contains(int64_t time_ms) const {
  const date::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(time_ms)};
  const auto local = date::locate_zone(location)->to_local(time);
  const auto day = date::floor<date::days>(local);
  const date::year_month_day calendar(day);
  const int minute = static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(local - day).count());
  if (!minutes.empty() && std::ranges::none_of(minutes, [minute](const auto& range) {
        return range.first <= minute && minute < range.second;
      }))
    return false;
  if (!In(weekdays, static_cast<int>(date::weekday(day).c_encoding()))) return false;
  if (!In(months, static_cast<int>(static_cast<unsigned>(calendar.month())))) return false;
  if (!In(years, static_cast<int>(calendar.year()))) return false;
  const date::year_month_day_last month_end = calendar.year() / calendar.month() / date::last;
  const int day_count = static_cast<int>(static_cast<unsigned>(month_end.day()));
  const int day_of_month = static_cast<int>(static_cast<unsigned>(calendar.day()));
  const auto from_start = [day_count](int value) { return value < 0 ? value + day_count + 1 : value; };
  return days_of_month.empty() || std::ranges::any_of(days_of_month, [&](const IntRange& range) {
           return from_start(range.first) <= day_of_month && day_of_month <= from_start(range.last);
         });
}

bool TimeIntervals::Contains(int64_t time_ms) const {
  return std::ranges::any_of(entries, [time_ms](const TimeInterval& entry) { return entry.Contains(time_ms); });
}

TimeIntervals ParseTimeIntervals(const json& list, const std::string& pointer, std::vector<http::FieldError>& errors) {
  TimeIntervals intervals;
  if (!list.is_array() || list.empty() || list.size() > kMaxEntries) {
    errors.push_back(
        {pointer, "must be a list of 1 to " + std::to_string(kMaxEntries) +
                      R"( time intervals such as {"weekdays": ["monday:friday"], "location": "Europe/Berlin"})"});
    return intervals;
  }
  for (size_t i = 0; i < list.size(); ++i)
    intervals.entries.push_back(Reader(list[i], pointer + "/" + std::to_string(i), errors).Read());
  intervals.source = list;
  return intervals;
}

}  // namespace tidemark
