#include "common/timestamp.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "common/number_format.h"

namespace tidemark {
namespace {

/// Takes exactly `digits` digits from the front.
std::optional<int> TakeNumber(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// A float64 that is an int64, or nothing.
std::optional<int64_t> ToInt64(double value) {
  constexpr double kLimit = 9.2e18;
  return std::fabs(value) < kLimit ? std::optional(static_cast<int64_t>(value)) : std::nullopt;
}

}  // namespace

std::string FormatRfc3339(int64_t timestamp_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(timestamp_ms)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return buffer.data();
}

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = TakeNumber(text, 4);
  if (!year_number || !TakeChar(text, "-")) return std::nullopt;
  const auto month_number = TakeNumber(text, 2);
  if (!month_number || !TakeChar(text, "-")) return std::nullopt;
  const auto day_number = TakeNumber(text, 2);
  if (!day_number || !TakeChar(text, "Tt")) return std::nullopt;
  const auto hour = TakeNumber(text, 2);
  if (!hour || !TakeChar(text, ":")) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute || !TakeChar(text, ":")) return std::nullopt;
  const auto second = TakeNumber(text, 2);
  if (!second) return std::nullopt;
  int64_t fraction_ms = 0;
  if (TakeChar(text, ".")) {
    int64_t scale_ms = 100;
    bool any = false;
    while (const auto digit = TakeNumber(text, 1)) {
      any = true;
      fraction_ms += *digit * scale_ms;
      scale_ms /= 10;
    }
    if (!any) return std::nullopt;
  }
  int64_t offset_minutes = 0;
  if (!TakeChar(text, "Zz")) {
    const bool negative = text.starts_with('-');
    if (!TakeChar(text, "+-")) return std::nullopt;
    const auto offset_hour = TakeNumber(text, 2);
    if (!offset_hour || !TakeChar(text, ":")) return std::nullopt;
    const auto offset_minute = TakeNumber(text, 2);
    if (!offset_minute || *offset_hour > 23 || *offset_minute > 59) return std::nullopt;
    offset_minutes = (*offset_hour * 60 + *offset_minute) * (negative ? -1 : 1);
  }
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  if (!text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const int64_t day_ms = sys_days(date).time_since_epoch().count() * int64_t{86'400'000};
  return day_ms + ((*hour * 60 + *minute - offset_minutes) * 60 + *second) * 1000 + fraction_ms;
}

std::optional<int64_t> ParseSecondsMs(std::string_view text) {
  const bool negative = text.starts_with('-');
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view digits = text.substr(negative ? 1 : 0, point - (negative ? 1 : 0));
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  constexpr size_t kSafeDigits = 15;
  const auto is_digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits.empty() && digits.size() <= kSafeDigits && is_digits(digits) && is_digits(decimals)) {
    int64_t value_ms = 0;
    for (const char c : digits) value_ms = value_ms * 10 + (c - '0');
    for (size_t i = 0; i < 3; ++i) value_ms = value_ms * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
    return negative ? -value_ms : value_ms;
  }
  const std::optional<double> number = ParseFloat(text);
  return number ? ToInt64(*number * 1000) : std::nullopt;
}

std::optional<int64_t> ParseTimestampMs(std::string_view text) {
  if (const std::optional<int64_t> time_ms = ParseRfc3339(text)) return time_ms;
  return ParseSecondsMs(text);
}

}  // namespace tidemark
