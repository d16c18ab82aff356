#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

/// Sixteen bytes that are looked at at once, by the vector types of GCC and Clang.
class ByteGroup {
 public:
  using Bytes = signed char __attribute__((vector_size(16)));
  static constexpr size_t kSize = sizeof(Bytes);

  /// Whether `marks`, which sets bits where a byte is not as it should be, sets none in all of `text`.
  template <typename Marks>
  static bool AllPass(std::string_view text, Marks marks) {
    if (text.size() < kSize) return text.empty() || !Any(marks(Short(text)));
    const char* at = text.data();
    const char* const last = at + text.size() - kSize;  // overlaps the one before
    Bytes found = marks(Load<Bytes>(last));
    for (; at < last; at += kSize) found |= marks(Load<Bytes>(at));
    return !Any(found);
  }

 private:
  template <typename Value>
  static Value Load(const char* text) {
    Value value;
    std::memcpy(&value, text, sizeof(value));
    return value;
  }

  /// A text of one to fifteen bytes, some of them several times.
  static Bytes Short(std::string_view text) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    std::array<uint64_t, 2> halves{};
    if (text.size() >= sizeof(uint64_t)) {
      halves = {Load<uint64_t>(begin), Load<uint64_t>(end - sizeof(uint64_t))};
    } else if (text.size() >= sizeof(uint32_t)) {
      halves[0] = Load<uint32_t>(begin) | uint64_t{Load<uint32_t>(end - sizeof(uint32_t))} << 32;
      halves[1] = halves[0];
    } else {
      for (const char c : {*begin, begin[text.size() / 2], end[-1]})
        halves[0] = halves[0] << 8 | static_cast<unsigned char>(c);
      halves[0] |= uint64_t{0x0101010101000000} * static_cast<unsigned char>(*begin);
      halves[1] = halves[0];
    }
    Bytes bytes;
    std::memcpy(&bytes, halves.data(), sizeof(bytes));
    return bytes;
  }

  static bool Any(Bytes marks) {
    std::array<uint64_t, 2> halves;
    std::memcpy(halves.data(), &marks, sizeof(marks));
    return (halves[0] | halves[1]) != 0;
  }
};

/// Whether text is ASCII without control characters, quotes and backslashes: what needs no escape anywhere.
inline bool IsPlainText(std::string_view text) {
  // Bytes of 0x80 and more are negative.
  return ByteGroup::AllPass(text,
                            [](ByteGroup::Bytes bytes) { return (bytes < ' ') | (bytes == '"') | (bytes == '\\'); });
}

/// Whether text has only letters, digits, '_' and ':', as the name of a metric, whose first is no digit though.
inline bool IsNameText(std::string_view text) {
  return ByteGroup::AllPass(text, [](ByteGroup::Bytes bytes) {
    const ByteGroup::Bytes lower = bytes | ' ';  // of letters; no other byte becomes one
    return ~(((lower >= 'a') & (lower <= 'z')) | ((bytes >= '0') & (bytes <= ':')) | (bytes == '_'));
  });
}

}  // namespace tidemark
