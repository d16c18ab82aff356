#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::storage {

// Unsigned integers of `width` bits (0-64) side by side, lowest bit first, in groups of eight values: a group takes
// `width` bytes, so every group begins at a byte and each value in it at a bit that is known when compiling.

inline constexpr size_t kPackGroup = 8;

/// Bytes that `count` values take; the last group is filled up with zeros.
constexpr size_t PackedBytes(size_t count, unsigned width) { return (count + kPackGroup - 1) / kPackGroup * width; }

/// Appends the values, each less than 2^width.
void PackBits(std::span<const uint64_t> values, unsigned width, std::string& out);

/// Reads `count` values into `out`, which has room for `count` rounded up to a whole group. `in` holds at least
/// PackedBytes(count, width) bytes.
void UnpackBits(std::string_view in, unsigned width, size_t count, uint64_t* out);

}  // namespace tidemark::storage
