#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tidemark::storage {

// Little pieces that every format of this folder is made of. Integers of fixed width are little-endian, as the machine
// has them.

/// Variable-length integers, 7 bits a byte, lowest first.
void AppendVarint(std::string& out, uint64_t value);
inline constexpr size_t kMaxVarintBytes = 10;
/// Writes one where there is room for kMaxVarintBytes, and returns its end.
inline char* WriteVarint(char* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}
/// Reads one and advances `in`; false when `in` ends inside it or it has more than 64 bits.
bool ReadLongVarint(std::string_view& in, uint64_t& value);
/// The same; most are one byte.
inline bool ReadVarint(std::string_view& in, uint64_t& value) {
  if (in.empty() || static_cast<uint8_t>(in.front()) >= 0x80) return ReadLongVarint(in, value);
  value = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  return true;
}

/// Zigzag maps small numbers of either sign to small codes: 0, -1, 1, -2 … to 0, 1, 2, 3 …
inline uint64_t ZigzagEncode(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t ZigzagDecode(uint64_t code) { return static_cast<int64_t>((code >> 1) ^ (~(code & 1) + 1)); }
inline void AppendZigzag(std::string& out, int64_t value) { AppendVarint(out, ZigzagEncode(value)); }
inline bool ReadZigzag(std::string_view& in, int64_t& value) {
  uint64_t code = 0;
  if (!ReadVarint(in, code)) return false;
  value = ZigzagDecode(code);
  return true;
}

/// A length as varint, then the bytes.
void AppendText(std::string& out, std::string_view text);
bool ReadText(std::string_view& in, std::string_view& text);

/// A trivially copyable value as it is in memory.
template <typename T>
void AppendFixed(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
template <typename T>
bool ReadFixed(std::string_view& in, T& value) {
  if (in.size() < sizeof(value)) return false;
  std::memcpy(&value, in.data(), sizeof(value));
  in.remove_prefix(sizeof(value));
  return true;
}

/// Sums and differences that wrap around on purpose: any two int64 have a difference, and adding it back wraps the same
/// way.
inline int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrappingSubtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

/// The checksum of every stored record: the lower half of XXH3-64.
uint32_t Checksum(std::string_view data);

}  // namespace tidemark::storage
