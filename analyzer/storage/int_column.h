#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::storage {

// A column: a run of int64 values, compressed. Timestamps and (once they are integers) values of a chunk are columns.
//
//   column    = head byte, body
//   head      = order (0-2) | kConstant | kRepeats
//   kRepeats  : varint count of changes, one bit a value (set: it differs from the one before), then a column without
//               kRepeats of the values that differ
//   otherwise : `order` first values as zigzag varints (the second as difference to the first), then the residuals:
//               order 0 the values, order 1 their differences, order 2 the differences of those
//   kConstant : all residuals are the same: one zigzag varint
//   otherwise : blocks of 128 residuals (the last may be shorter)
//   block     = byte width | kExceptions, zigzag varint base, [varint exception count, (byte position, varint rest) …],
//               (residual - base) packed in `width` bits (bit_packing.h); an exception's rest is what its bits leave
//               out
//
// Frame of reference with patched exceptions, after Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", ICDE
// 2006, section 3. All arithmetic wraps, so every int64 comes back.

/// Most values in one column.
inline constexpr size_t kMaxColumnValues = 65535;

/// Appends the column of `values`, whose count the reader must know.
void EncodeColumn(std::span<const int64_t> values, std::string& out);

/// Reads a column of out.size() values and advances `in`. False when it is malformed; `out` is then undefined.
bool DecodeColumn(std::string_view& in, std::span<int64_t> out);

/// The first value of a column, where it is written as such; of most columns it is.
std::optional<int64_t> FirstOfColumn(std::string_view column);

}  // namespace tidemark::storage
