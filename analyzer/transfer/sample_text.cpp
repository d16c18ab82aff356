#include "analyzer/transfer/sample_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace tidemark::transfer {
namespace {

constexpr uint64_t kQuietNan = 0x7ff8000000000000ULL;

}  // namespace

void AppendSeconds(std::string& out, int64_t timestamp_ms) {
  const bool negative = timestamp_ms < 0;
  const uint64_t distance_ms = negative ? 0 - static_cast<uint64_t>(timestamp_ms) : static_cast<uint64_t>(timestamp_ms);
  if (negative) out += '-';
  out += std::to_string(distance_ms / 1000);
  if (distance_ms % 1000 == 0) return;
  char decimals[8];
  std::snprintf(decimals, sizeof(decimals), ".%03u", static_cast<unsigned>(distance_ms % 1000));
  out += decimals;
  while (out.back() == '0') out.pop_back();
}

std::string NanBits(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  if (!std::isnan(value) || bits == kQuietNan) return "";
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(bits));
  return digits;
}

std::optional<double> NanFromBits(std::string_view digits) {
  uint64_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  const auto value = std::bit_cast<double>(bits);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isnan(value)) return std::nullopt;
  return value;
}

}  // namespace tidemark::transfer
