#include "analyzer/storage/varint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tidemark::storage {

void AppendVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

bool ReadLongVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

void AppendText(std::string& out, std::string_view text) {
  AppendVarint(out, text.size());
  out += text;
}

bool ReadText(std::string_view& in, std::string_view& text) {
  uint64_t length = 0;
  if (!ReadVarint(in, length) || length > in.size()) return false;
  text = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

uint32_t Checksum(std::string_view data) { return static_cast<uint32_t>(XXH3_64bits(data.data(), data.size())); }

}  // namespace tidemark::storage
