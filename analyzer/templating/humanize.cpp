#include "analyzer/templating/humanize.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "analyzer/templating/go_format.h"

// Source of the forms: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/, "Numbers".

namespace tidemark::templating {
namespace {

constexpr std::array<const char*, 8> kLarge = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<const char*, 8> kLargeBinary = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr std::array<const char*, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};

std::string FourDigits(double value) { return FormatFloat(value, 'g', 4); }

std::string ScaledDown(double value, double base, std::span<const char* const> prefixes) {
  const char* prefix = "";
  for (const char* next : prefixes) {
    if (std::fabs(value) < base) break;
    prefix = next;
    value /= base;
  }
  return FourDigits(value) + prefix;
}

std::string ScaledUp(double value) {
  const char* prefix = "";
  for (const char* next : kSmall) {
    if (std::fabs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return FourDigits(value) + prefix;
}

}  // namespace

std::string Humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return FourDigits(value);
  return std::fabs(value) >= 1 ? ScaledDown(value, 1000, kLarge) : ScaledUp(value);
}

std::string Humanize1024(double value) {
  if (std::fabs(value) <= 1 || !std::isfinite(value)) return FourDigits(value);
  return ScaledDown(value, 1024, kLargeBinary);
}

std::string HumanizeDuration(double seconds) {
  if (!std::isfinite(seconds)) return FourDigits(seconds);
  if (seconds == 0) return "0s";
  const double magnitude = std::fabs(seconds);
  if (magnitude < 1) return ScaledUp(seconds) + "s";
  if (magnitude < 60) return FourDigits(seconds) + "s";
  constexpr double kLargest = 9.2e18;
  auto rest = static_cast<int64_t>(std::min(magnitude, kLargest));
  std::string text;
  for (const auto& [unit_seconds, unit] :
       {std::pair(86400, "d "), std::pair(3600, "h "), std::pair(60, "m "), std::pair(1, "s")}) {
    const int64_t count = rest / unit_seconds;
    rest %= unit_seconds;
    if (!text.empty() || count > 0) text += std::to_string(count) + unit;
  }
  return (seconds < 0 ? "-" : "") + text;
}

std::string HumanizePercentage(double ratio) { return FourDigits(ratio * 100) + "%"; }

}  // namespace tidemark::templating
