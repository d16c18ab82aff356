#include "common/duration.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace tidemark {
namespace {

struct Unit {
  std::string_view suffix;
  int64_t milliseconds;
  bool only_when_whole;  // printed only when nothing is left over: 8 days print as 8d, not 1w1d
};

constexpr std::array<Unit, 7> kUnits{{{"y", 365LL * 86'400'000, true},
                                      {"w", 7LL * 86'400'000, true},
                                      {"d", 86'400'000, false},
                                      {"h", 3'600'000, false},
                                      {"m", 60'000, false},
                                      {"s", 1'000, false},
                                      {"ms", 1, false}}};

constexpr int64_t kMaxMs = std::numeric_limits<int64_t>::max() / 1'000'000;

}  // namespace

std::optional<int64_t> ParseDurationMs(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  size_t next_unit = 0;
  size_t pos = 0;
  while (pos < text.size()) {
    const size_t digits_begin = pos;
    int64_t count = 0;
    while (pos < text.size() && std::isdigit(static_cast<unsigned char>(text[pos])) != 0) {
      if (count > kMaxMs / 10) return std::nullopt;
      count = count * 10 + (text[pos] - '0');
      ++pos;
    }
    if (pos == digits_begin) return std::nullopt;
    const size_t suffix_begin = pos;
    while (pos < text.size() && std::isalpha(static_cast<unsigned char>(text[pos])) != 0) ++pos;
    const std::string_view suffix = text.substr(suffix_begin, pos - suffix_begin);
    while (next_unit < kUnits.size() && kUnits[next_unit].suffix != suffix) ++next_unit;
    if (next_unit == kUnits.size()) return std::nullopt;
    const int64_t unit_ms = kUnits[next_unit++].milliseconds;
    if (count > (kMaxMs - total) / unit_ms) return std::nullopt;
    total += count * unit_ms;
  }
  return total;
}

std::optional<double> ParseGoDurationSeconds(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 7> kGoUnits{
      {{"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (error != std::errc{} || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    // Up to the next number.
    const std::string_view suffix = text.substr(0, text.find_first_of("0123456789."));
    const auto* const unit = std::ranges::find(kGoUnits, suffix, [](const auto& pair) { return pair.first; });
    if (unit == kGoUnits.end()) return std::nullopt;
    total += count * unit->second;
    text.remove_prefix(suffix.size());
  }
  return std::isfinite(total) ? std::optional(total) : std::nullopt;
}

std::string FormatDurationMs(int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  std::string text = duration_ms < 0 ? "-" : "";
  int64_t rest = duration_ms < 0 ? -duration_ms : duration_ms;
  for (const Unit& unit : kUnits) {
    if (unit.only_when_whole && rest % unit.milliseconds != 0) continue;
    const int64_t count = rest / unit.milliseconds;
    if (count == 0) continue;
    text += std::to_string(count);
    text += unit.suffix;
    rest -= count * unit.milliseconds;
  }
  return text;
}

}  // namespace tidemark
