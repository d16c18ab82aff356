#include "analyzer/storage/open_chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// What appending one sample may write.
constexpr size_t kSampleRoom = kMaxVarintBytes + kValueCodeRoom;

/// By the number of bytes that count.
constexpr std::array<uint64_t, 9> kLowBytes{
    0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};

/// Reads what most samples are: a time of one byte, and a value, not at the end. The place of the next sample then
/// depends on a single load, which is what decoding a chunk takes its time for. False when this is none of those; then
/// nothing is read.
bool ReadSteadySample(std::string_view& in, int64_t& time_code, uint64_t& bits) {
  constexpr size_t kHeadBytes = 2;
  uint64_t head = 0;
  uint64_t rest = 0;
  if (in.size() < kHeadBytes + sizeof(rest)) return false;
  std::memcpy(&head, in.data(), sizeof(head));
  std::memcpy(&rest, in.data() + kHeadBytes, sizeof(rest));
  const unsigned length = (head >> 8) & 0xF;
  const unsigned low_zero_bytes = (head >> 12) & 0xF;
  if ((head & 0x80) != 0 || length + low_zero_bytes > 8) return false;
  in.remove_prefix(kHeadBytes + length);
  time_code = ZigzagDecode(head & 0x7F);
  if (length > 0) bits ^= (rest & kLowBytes[length]) << (8 * low_zero_bytes);
  return true;
}

int64_t FirstTime(std::string_view run) {
  int64_t time_ms = 0;
  ReadZigzag(run, time_ms);
  return time_ms;
}

void DecodeRun(std::string_view bytes, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) {
  int64_t time_ms = 0;
  int64_t delta_ms = 0;
  uint64_t bits = 0;
  if (!ReadZigzag(bytes, time_ms) || !ReadValueCode(bytes, 0, bits)) return;
  while (time_ms <= to_ms) {
    if (time_ms >= from_ms) out.push_back({time_ms, std::bit_cast<double>(bits)});
    int64_t code = 0;
    if (!ReadSteadySample(bytes, code, bits) && (!ReadZigzag(bytes, code) || !ReadValueCode(bytes, bits, bits))) return;
    delta_ms = WrappingAdd(delta_ms, code);
    time_ms = WrappingAdd(time_ms, delta_ms);
  }
}

}  // namespace

char* WriteValueCode(char* out, uint64_t before, uint64_t bits) {
  const uint64_t difference = before ^ bits;
  if (difference == 0) {
    *out = '\0';
    return out + 1;
  }
  const auto low_zero_bytes = static_cast<unsigned>(std::countr_zero(difference)) / 8;
  const uint64_t rest = difference >> (low_zero_bytes * 8);
  const unsigned length = 8 - static_cast<unsigned>(std::countl_zero(rest)) / 8;
  *out = static_cast<char>(low_zero_bytes << 4 | length);
  std::memcpy(out + 1, &rest, sizeof(rest));  // all of it, which is faster than a few; what follows overwrites it
  return out + 1 + length;
}

bool ReadValueCode(std::string_view& in, uint64_t before, uint64_t& bits) {
  if (in.empty()) return false;
  const auto code = static_cast<uint8_t>(in.front());
  const unsigned length = code & 0xF;
  const unsigned low_zero_bytes = code >> 4;
  if (length + low_zero_bytes > 8 || in.size() - 1 < length) return false;
  uint64_t rest = 0;
  if (in.size() > sizeof(rest)) {  // all of it and a mask, which is faster than a few
    std::memcpy(&rest, in.data() + 1, sizeof(rest));
    if (length < sizeof(rest)) rest &= (uint64_t{1} << (8 * length)) - 1;
  } else {
    std::memcpy(&rest, in.data() + 1, length);
  }
  in.remove_prefix(1 + length);
  bits = before ^ (length == 0 ? 0 : rest << (8 * low_zero_bytes));
  return true;
}

void OpenChunk::Append(Sample sample) {
  const uint64_t bits = std::bit_cast<uint64_t>(sample.value);
  char* out = bytes_.Room(kSampleRoom);
  if (sample_count_ == kNewerAt) newer_begin_ = static_cast<uint16_t>(bytes_.size());
  if (sample_count_ == 0 || sample_count_ == kNewerAt) {
    out = WriteVarint(out, ZigzagEncode(sample.timestamp_ms));
    out = WriteValueCode(out, 0, bits);
    last_delta_ms_ = 0;
  } else {
    const int64_t delta_ms = WrappingSubtract(sample.timestamp_ms, last_time_ms_);
    out = WriteVarint(out, ZigzagEncode(WrappingSubtract(delta_ms, last_delta_ms_)));
    out = WriteValueCode(out, last_bits_, bits);
    last_delta_ms_ = delta_ms;
  }
  bytes_.Advance(out);
  last_time_ms_ = sample.timestamp_ms;
  last_bits_ = bits;
  knows_last_value_ = true;
  ++sample_count_;
}

int64_t OpenChunk::first_time_ms() const { return FirstTime(bytes_.view()); }

void OpenChunk::Clear() {
  bytes_.clear();
  sample_count_ = 0;
  newer_begin_ = 0;
}

OpenChunk::Runs OpenChunk::RunsFrom(int64_t from_ms) const {
  const std::string_view bytes = bytes_.view();
  if (newer_begin_ == 0) return {bytes, 0};
  const std::string_view newer = bytes.substr(newer_begin_);
  return FirstTime(newer) <= from_ms ? Runs{newer, 0} : Runs{bytes, newer_begin_};
}

void OpenChunk::Decode(const Runs& runs, int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) {
  const size_t newer_begin = std::min(size_t{runs.newer_begin}, runs.bytes.size());
  if (newer_begin > 0) DecodeRun(runs.bytes.substr(0, newer_begin), from_ms, to_ms, out);
  DecodeRun(runs.bytes.substr(newer_begin), from_ms, to_ms, out);
}

}  // namespace tidemark::storage
