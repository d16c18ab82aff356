#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

/// Eight bytes at once (Warren, "Hacker's Delight", 6-1 and 6-2).
class ByteGroup {
 public:
  explicit ByteGroup(const char* text) { std::memcpy(&bytes_, text, sizeof(bytes_)); }
  static constexpr size_t kSize = sizeof(uint64_t);

  /// Whether each is ASCII, no control character, no quote and no backslash.
  [[nodiscard]] bool IsPlain() const {
    const uint64_t marks = bytes_ | Below(bytes_, ' ') | Below(bytes_ ^ Each('"'), 1) | Below(bytes_ ^ Each('\\'), 1);
    return (marks & Each(0x80)) == 0;
  }

 private:
  static constexpr uint64_t Each(uint8_t byte) { return uint64_t{0x0101010101010101} * byte; }
  /// The high bit where a byte of `bytes` is less than `limit`, which is at most 0x80.
  static uint64_t Below(uint64_t bytes, uint8_t limit) { return (bytes - Each(limit)) & ~bytes; }

  uint64_t bytes_;
};

/// Whether text is ASCII without control characters, quotes and backslashes: what needs no escape anywhere.
inline bool IsPlainText(std::string_view text) {
  for (; text.size() >= ByteGroup::kSize; text.remove_prefix(ByteGroup::kSize)) {
    if (!ByteGroup(text.data()).IsPlain()) return false;
  }
  for (const char c : text) {
    if (c < ' ' || c == '"' || c == '\\' || static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace tidemark
