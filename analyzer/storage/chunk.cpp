#include "analyzer/storage/chunk.h"

#include <bit>
#include <cstring>

namespace tidemark::storage {

void AppendVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void AppendZigzag(std::string& out, int64_t value) {
  AppendVarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

bool ReadVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool ReadZigzag(std::string_view& in, int64_t& value) {
  uint64_t code = 0;
  if (!ReadVarint(in, code)) return false;
  value = static_cast<int64_t>((code >> 1) ^ (~(code & 1) + 1));
  return true;
}

namespace {

void AppendValueCode(std::string& out, uint64_t difference) {
  if (difference == 0) {
    out += '\0';
    return;
  }
  const auto low_zero_bytes = static_cast<unsigned>(std::countr_zero(difference)) / 8;
  uint64_t rest = difference >> (low_zero_bytes * 8);
  const unsigned length = 8 - static_cast<unsigned>(std::countl_zero(rest)) / 8;
  out += static_cast<char>(low_zero_bytes << 4 | length);
  for (unsigned i = 0; i < length; ++i, rest >>= 8) out += static_cast<char>(rest & 0xFF);
}

uint64_t TakeValueCode(std::string_view& in) {
  const auto code = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  const unsigned length = code & 0xF;
  uint64_t rest = 0;
  for (unsigned i = 0; i < length; ++i) rest |= static_cast<uint64_t>(static_cast<uint8_t>(in[i])) << (8 * i);
  in.remove_prefix(length);
  return rest << (8 * (code >> 4));
}

/// Differences wrap around on purpose: any two int64 timestamps have one, and adding it back wraps the same way.
int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t WrappingSubtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace

Chunk::Chunk(std::span<const Sample> samples)
    : min_time_ms_(samples.front().timestamp_ms),
      max_time_ms_(samples.back().timestamp_ms),
      sample_count_(static_cast<uint32_t>(samples.size())) {
  AppendZigzag(data_, samples.front().timestamp_ms);
  uint64_t bits = std::bit_cast<uint64_t>(samples.front().value);
  data_.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
  int64_t delta = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    const int64_t next_delta = WrappingSubtract(samples[i].timestamp_ms, samples[i - 1].timestamp_ms);
    AppendZigzag(data_, WrappingSubtract(next_delta, delta));
    delta = next_delta;
    const uint64_t next_bits = std::bit_cast<uint64_t>(samples[i].value);
    AppendValueCode(data_, bits ^ next_bits);
    bits = next_bits;
  }
  data_.shrink_to_fit();
}

void Chunk::Decode(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const {
  std::string_view in = data_;
  int64_t time = 0;
  uint64_t bits = 0;
  ReadZigzag(in, time);
  std::memcpy(&bits, in.data(), sizeof(bits));
  in.remove_prefix(sizeof(bits));
  int64_t delta = 0;
  for (uint32_t i = 0;; ++i) {
    if (time > to_ms) return;
    if (time >= from_ms) out.push_back({time, std::bit_cast<double>(bits)});
    if (i + 1 == sample_count_) return;
    int64_t delta_of_delta = 0;
    ReadZigzag(in, delta_of_delta);
    delta = WrappingAdd(delta, delta_of_delta);
    time = WrappingAdd(time, delta);
    bits ^= TakeValueCode(in);
  }
}

}  // namespace tidemark::storage
