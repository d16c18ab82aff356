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
// The samples from kNewerAt on are a run of their own, which begins as the first does: whoever wants the newest few
// need not decode all.
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
  /// An open chunk's bytes, or a copy of them.
  struct Runs {
    std::string_view bytes;
    uint32_t newer_begin = 0;  ///< of the second run; 0: there is none
  };
  static constexpr uint32_t kNewerAt = 32;

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
  [[nodiscard]] Runs runs() const { return {bytes_.view(), newer_begin_}; }
  /// Those that have all its samples at `from_ms` or later.
  [[nodiscard]] Runs RunsFrom(int64_t from_ms) const;
  /// Where the next sample goes, for who prefetches.
  [[nodiscard]] const char* end() const { return bytes_.view().data() + bytes_.size(); }
  [[nodiscard]] size_t allocated_bytes() const { return bytes_.allocated_bytes(); }

  /// Appends the samples that are in [from_ms, to_ms] to `out`. Runs that are damaged end where they are.
  static void Decode(const Runs& runs, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out);
  static void Decode(const Runs& runs, std::vector<Sample>& out) {
    Decode(runs, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), out);
  }

 private:
  ByteBuffer bytes_;
  uint32_t sample_count_ = 0;
  uint16_t newer_begin_ = 0;
  bool knows_last_value_ = false;
  int64_t last_time_ms_ = 0;
  int64_t last_delta_ms_ = 0;
  uint64_t last_bits_ = 0;
};

}  // namespace tidemark::storage
