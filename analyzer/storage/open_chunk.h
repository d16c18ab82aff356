#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "analyzer/storage/byte_buffer.h"
#include "analyzer/storage/sample.h"

namespace tidemark::storage {

// An open chunk: samples as they arrive, compressed one by one.
//
//   first sample   zigzag varint timestamp, value code against 0
//   second sample  zigzag varint timestamp difference, value code
//   others         zigzag varint difference of differences, value code
//   value code     the XOR with the value before, without its zero bytes at both ends: one byte
//                  (low zero bytes << 4 | bytes that follow), then those bytes; an unchanged value is one zero byte
//
// At a steady interval a timestamp is one byte. After Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time
// Series Database", VLDB 2015, section 4.1, on bytes instead of bits. When it is full it becomes a chunk (chunk.h),
// which is about a third of the size but must see all its samples at once.

/// Most bytes of a value code, with eight that may be written behind it.
inline constexpr size_t kValueCodeRoom = 17;
/// Writes the value code of `bits` after `before`, and returns its end.
char* WriteValueCode(char* out, uint64_t before, uint64_t bits);
/// Reads one; false when `in` ends inside it.
bool ReadValueCode(std::string_view& in, uint64_t before, uint64_t& bits);

class OpenChunk {
 public:
  void Append(Sample sample);
  void Clear();
  /// What last_time_ms() says until the next Append: samples up to it lie elsewhere.
  void SetLastTime(int64_t time_ms) {
    last_time_ms_ = time_ms;
    knows_last_value_ = false;
  }

  [[nodiscard]] uint32_t sample_count() const { return sample_count_; }
  /// Of the oldest sample in it; only when there is one.
  [[nodiscard]] int64_t first_time_ms() const;
  /// Of the newest sample; those of the last append stay known after Clear.
  [[nodiscard]] int64_t last_time_ms() const { return last_time_ms_; }
  [[nodiscard]] uint64_t last_bits() const { return last_bits_; }
  /// Whether last_bits() are those of the sample at last_time_ms().
  [[nodiscard]] bool knows_last_value() const { return knows_last_value_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_.view(); }
  [[nodiscard]] size_t allocated_bytes() const { return bytes_.allocated_bytes(); }

  /// Appends the samples of an open chunk's bytes that are in [from_ms, to_ms] to `out`.
  static void Decode(std::string_view bytes, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out);
  static void Decode(std::string_view bytes, std::vector<Sample>& out) {
    Decode(bytes, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), out);
  }

 private:
  ByteBuffer bytes_;
  uint32_t sample_count_ = 0;
  bool knows_last_value_ = false;
  int64_t last_time_ms_ = 0;
  int64_t last_delta_ms_ = 0;
  uint64_t last_bits_ = 0;
};

}  // namespace tidemark::storage
