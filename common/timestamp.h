#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// RFC 3339 in UTC with milliseconds: "2026-11-23T23:51:22.280Z".
std::string FormatRfc3339(int64_t timestamp_ms);

/// Parses RFC 3339 with any offset and fraction into milliseconds since the epoch; empty when it is none.
std::optional<int64_t> ParseRfc3339(std::string_view text);

/// Milliseconds of a number of seconds, cut off after the third decimal. Plain decimals are exact, which a way through
/// float64 would not be. Empty when it is no number or out of range.
std::optional<int64_t> ParseSecondsMs(std::string_view text);

/// A time as people write it: RFC 3339, or Unix seconds.
std::optional<int64_t> ParseTimestampMs(std::string_view text);

}  // namespace tidemark
