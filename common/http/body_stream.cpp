#include "common/http/body_stream.h"

#include <array>
#include <charconv>
#include <utility>

namespace tidemark::http {

BodyStream::BodyStream(std::string first, BodySource rest, bool in_chunks)
    : piece_(std::move(first)), rest_(std::move(rest)), in_chunks_(in_chunks) {}

std::string BodyStream::Next() {
  // A compressor may keep what it was given. A chunk without anything would be the last one.
  while (piece_.empty() && rest_) {
    if (!rest_(piece_)) rest_ = nullptr;
  }
  std::string bytes = std::exchange(piece_, {});
  if (!in_chunks_) return bytes;
  if (!bytes.empty()) {
    std::array<char, 16> size;
    const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
    bytes.insert(0, std::string(size.data(), end) + "\r\n");
    bytes += "\r\n";
  }
  if (ended()) bytes += "0\r\n\r\n";
  return bytes;
}

}  // namespace tidemark::http
