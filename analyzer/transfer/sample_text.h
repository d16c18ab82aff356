#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::transfer {

// How samples are written so that they read back exactly.

/// Seconds since the epoch with up to three decimals: 1700000000.5.
void AppendSeconds(std::string& out, int64_t timestamp_ms);

/// Bits of a NaN that is not the usual one, such as a staleness marker, as 16 hexadecimal digits; empty for others.
std::string NanBits(double value);
/// The NaN of such digits; empty when they are none.
std::optional<double> NanFromBits(std::string_view digits);

/// The name of the exemplar label (OpenMetrics) that holds NanBits.
inline constexpr std::string_view kNanBitsLabel = "nan_bits";

}  // namespace tidemark::transfer
