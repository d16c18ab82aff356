#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/sample.h"

namespace tidemark::storage {

// A chunk: up to some thousand samples of one series, compressed, immutable.
//
//   chunk   = varint sample count, column of timestamps, values
//   values  = kind byte, [varint divisor], [exceptions], column of integers (int_column.h)
//   kind    = decimals (0-15), or kRaw | kHasDivisor | kHasExceptions
//
// Most values people measure are integers or short decimals, though stored as float64. With `decimals` d a value v is
// the integer v * 10^d, when dividing that by 10^d gives back exactly v's bits; if all differ by multiples of one
// number (bytes in pages, say), they are divided by it. The few that are not so (a staleness marker, -0, an infinity)
// are exceptions: varint count, then (varint distance to the exception before, 8 bytes) each; the column repeats the
// value before in their places. When too many are not so, the column holds the bits themselves (kRaw), with the order
// of negative ones turned so that near values are near integers.
//
// The decimal step is after Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless floating-Point Compression", SIGMOD
// 2023, section 3.1, with division in place of multiplication: correctly rounded, it fails less often. Every bit
// pattern and every timestamp comes back as it was.

inline constexpr size_t kMaxChunkSamples = 4096;

/// Appends a chunk of `samples`: at least one, at most kMaxChunkSamples.
void EncodeChunk(std::span<const Sample> samples, std::string& out);

/// A chunk decoded: two arrays of the same length. Kept by the caller, so that decoding many chunks allocates once.
struct ChunkColumns {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

/// Reads one chunk from `in` and advances it. False when it is malformed.
bool DecodeChunk(std::string_view& in, ChunkColumns& out);

/// The sample count of a chunk without decoding it; 0 when malformed.
size_t ChunkSampleCount(std::string_view chunk);

/// The time of a chunk's first sample, where it can be had without decoding; of most chunks it can.
std::optional<int64_t> ChunkFirstTime(std::string_view chunk);

/// Appends the samples of `columns` in [from_ms, to_ms]. Timestamps rise.
void AppendRange(const ChunkColumns& columns, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out);

}  // namespace tidemark::storage
