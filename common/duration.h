#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// Parses a Prometheus duration ("1h30m", "500ms", "0") into milliseconds. Units, each at most once and in this
/// order: y w d h m s ms, with y = 365 d. Empty optional: not a duration, or more than an int64 of nanoseconds (the
/// bound Prometheus has). Source: Prometheus documentation, "Querying basics", time durations.
std::optional<int64_t> ParseDurationMs(std::string_view text);

/// The canonical text of a duration, as Prometheus prints it: 90000 -> "1m30s", 0 -> "0s".
std::string FormatDurationMs(int64_t duration_ms);

/// Parses a duration as flags of Go programs take it ("3.46608s", "1m30s", "1ms", "0") into seconds, of at least 0.
/// Units: ns us ms s m h. Source: https://pkg.go.dev/time#ParseDuration.
std::optional<double> ParseGoDurationSeconds(std::string_view text);

inline double ToSeconds(int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

}  // namespace tidemark
