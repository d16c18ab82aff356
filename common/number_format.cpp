#include "common/number_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "common/text.h"

namespace tidemark {
namespace {

bool AppendSpecial(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    return false;
  }
  return true;
}

/// Large enough for the longest plain-digits double: 1.8e308 and 5e-324 written out.
constexpr size_t kFixedBufferBytes = 1200;

void Append(std::string& out, double value, std::chars_format format) {
  char buffer[kFixedBufferBytes];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value, format);
  out.append(buffer, static_cast<size_t>(end - buffer));
}

/// Plain decimals of up to 15 digits, which most values on a metrics page are: the digits are an exact integer, the
/// power of ten is exact too, and so their quotient is rounded once, as it must be (Clinger, "How to Read Floating
/// Point Numbers Accurately", PLDI 1990, section 3).
std::optional<double> ParsePlainDecimal(std::string_view text) {
  constexpr size_t kExactDigits = 15;
  constexpr std::array<double, kExactDigits + 1> kPowersOfTen = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = text.front() == '-';
  uint64_t integer = 0;
  size_t digits = 0;
  size_t decimals = 0;
  bool after_point = false;
  for (size_t i = negative ? 1 : 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      integer = integer * 10 + static_cast<uint64_t>(c - '0');
      decimals += after_point ? 1 : 0;
      if (++digits > kExactDigits) return std::nullopt;
    } else if (c == '.' && !after_point && digits > 0) {
      after_point = true;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0) return std::nullopt;
  const double value = static_cast<double>(integer) / kPowersOfTen[decimals];
  return negative ? -value : value;
}

}  // namespace

void AppendGoFloat(std::string& out, double value) {
  if (AppendSpecial(out, value)) return;
  // strconv.FormatFloat(value, 'g', -1, 64): exponent form when the decimal exponent is below -4 or at least 6.
  const double magnitude = std::fabs(value);
  if (value == std::trunc(value) && magnitude < 1e6) {
    char buffer[16];
    if (value == 0 && std::signbit(value)) out += '-';
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), static_cast<int>(value));
    out.append(buffer, static_cast<size_t>(end - buffer));
    return;
  }
  const bool exponent_form = magnitude < 1e-4 || magnitude >= 1e6;
  Append(out, value, exponent_form ? std::chars_format::scientific : std::chars_format::fixed);
}

void AppendApiFloat(std::string& out, double value) {
  if (AppendSpecial(out, value)) return;
  const double magnitude = std::fabs(value);
  const bool exponent_form = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  Append(out, value, exponent_form ? std::chars_format::scientific : std::chars_format::fixed);
}

std::string FormatApiFloat(double value) {
  std::string text;
  AppendApiFloat(text, value);
  return text;
}

std::optional<double> ParseFloat(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (const std::optional<double> plain = ParsePlainDecimal(text)) return plain;
  double sign = 1;
  std::string_view rest = text;
  if (rest.front() == '+' || rest.front() == '-') {
    sign = rest.front() == '-' ? -1 : 1;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest.front() == '+' || rest.front() == '-') return std::nullopt;
  if (EqualsIgnoreCase(rest, "inf") || EqualsIgnoreCase(rest, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (EqualsIgnoreCase(rest, "nan")) return std::numeric_limits<double>::quiet_NaN();
  std::chars_format format = std::chars_format::general;
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X')) {
    rest.remove_prefix(2);
    format = std::chars_format::hex;
  }
  // from_chars also takes "infinity" and "nan(...)", which the formats do not.
  const char first = rest.front();
  if (first == 'i' || first == 'I' || first == 'n' || first == 'N') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, format);
  if (end != rest.data() + rest.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // from_chars leaves the value alone; strtod gives the infinity or the zero it rounds to.
    value =
        std::strtod(std::string((format == std::chars_format::hex ? "0x" : "") + std::string(rest)).c_str(), nullptr);
  }
  return sign * value;
}

}  // namespace tidemark
