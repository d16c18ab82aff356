#include "analyzer/storage/bit_packing.h"

#include <array>
#include <cstring>
#include <utility>

namespace tidemark::storage {
namespace {

constexpr uint64_t Mask(unsigned width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

/// Value `I` of a group whose bytes are followed by at least eight more.
template <unsigned kWidth, size_t I>
uint64_t UnpackOne(const char* in) {
  constexpr size_t kBit = I * kWidth;
  constexpr unsigned kShift = kBit % 8;
  uint64_t word = 0;
  std::memcpy(&word, in + kBit / 8, sizeof(word));
  word >>= kShift;
  if constexpr (kShift + kWidth > 64) {
    word |= static_cast<uint64_t>(static_cast<uint8_t>(in[kBit / 8 + 8])) << (64 - kShift);
  }
  return word & Mask(kWidth);
}

template <unsigned kWidth, size_t... I>
void UnpackGroup(const char* in, uint64_t* out, std::index_sequence<I...> /*group*/) {
  ((out[I] = UnpackOne<kWidth, I>(in)), ...);
}

template <unsigned kWidth>
void UnpackGroups(const char* in, size_t groups, uint64_t* out) {
  for (; groups > 0; --groups, in += kWidth, out += kPackGroup) {
    UnpackGroup<kWidth>(in, out, std::make_index_sequence<kPackGroup>{});
  }
}

using UnpackFunction = void (*)(const char* in, size_t groups, uint64_t* out);

template <size_t... kWidth>
constexpr std::array<UnpackFunction, sizeof...(kWidth)> MakeUnpackTable(std::index_sequence<kWidth...> /*widths*/) {
  return {&UnpackGroups<static_cast<unsigned>(kWidth)>...};
}

constexpr auto kUnpack = MakeUnpackTable(std::make_index_sequence<65>{});

/// A value is read as eight bytes from where it begins, perhaps with a ninth.
constexpr size_t kReadAheadBytes = 9;

}  // namespace

void PackBits(std::span<const uint64_t> values, unsigned width, std::string& out) {
  const size_t begin = out.size();
  out.resize(begin + PackedBytes(values.size(), width), '\0');
  size_t bit = 0;
  for (const uint64_t value : values) {
    for (unsigned done = 0; done < width;) {
      const unsigned shift = (bit + done) % 8;
      char& byte = out[begin + (bit + done) / 8];
      byte = static_cast<char>(static_cast<uint8_t>(byte) | static_cast<uint8_t>(value >> done << shift));
      done += 8 - shift;
    }
    bit += width;
  }
}

void UnpackBits(std::string_view in, unsigned width, size_t count, uint64_t* out) {
  size_t groups = (count + kPackGroup - 1) / kPackGroup;
  // The last groups are read from a copy, so that reading ahead stays inside it.
  size_t safe_groups = groups;
  while (safe_groups > 0 && safe_groups * width + kReadAheadBytes > in.size()) --safe_groups;
  kUnpack[width](in.data(), safe_groups, out);
  for (size_t group = safe_groups; group < groups; ++group) {
    std::array<char, 64 + kReadAheadBytes> copy{};
    std::memcpy(copy.data(), in.data() + group * width, width);
    kUnpack[width](copy.data(), 1, out + group * kPackGroup);
  }
}

}  // namespace tidemark::storage
