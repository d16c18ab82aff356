#pragma once

#include <bit>
#include <cstdint>

namespace tidemark::storage {

struct Sample {
  int64_t timestamp_ms = 0;
  double value = 0;
};

/// The NaN that marks "this series ended here" (Prometheus, model/value/value.go).
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002ULL;
inline const double kStaleNan = std::bit_cast<double>(kStaleNanBits);
inline bool IsStaleMarker(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }

}  // namespace tidemark::storage
