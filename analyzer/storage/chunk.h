#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/sample.h"

namespace tidemark::storage {

// A chunk: up to some hundred samples of one series, compressed, immutable.
//
//   first sample   zigzag varint timestamp, value as 8 bytes, little-endian
//   second sample  zigzag varint timestamp delta, value code
//   others         zigzag varint delta of delta, value code
//
// A value code is the XOR with the value before it, without its zero bytes at both ends: one byte
// (low zero bytes << 4 | bytes that follow), then those bytes. An unchanged value is one zero byte. At a steady
// interval a timestamp is one byte too, so a constant series takes 2 bytes a sample. Every bit pattern comes back as it
// was. After Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015, section 4.1, on
// bytes instead of bits.
class Chunk {
 public:
  /// `samples` is not empty and rises in time.
  explicit Chunk(std::span<const Sample> samples);

  [[nodiscard]] int64_t min_time_ms() const { return min_time_ms_; }
  [[nodiscard]] int64_t max_time_ms() const { return max_time_ms_; }
  [[nodiscard]] size_t sample_count() const { return sample_count_; }
  [[nodiscard]] size_t bytes() const { return sizeof(Chunk) + data_.capacity(); }

  /// Appends the samples in [from_ms, to_ms] to `out`.
  void Decode(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const;

 private:
  int64_t min_time_ms_;
  int64_t max_time_ms_;
  uint32_t sample_count_;
  std::string data_;
};

/// Variable-length integers, 7 bits a byte, lowest first; zigzag maps small negative numbers to small codes.
void AppendVarint(std::string& out, uint64_t value);
void AppendZigzag(std::string& out, int64_t value);
/// Reads one and advances `in`; false when `in` ends inside it.
bool ReadVarint(std::string_view& in, uint64_t& value);
bool ReadZigzag(std::string_view& in, int64_t& value);

}  // namespace tidemark::storage
