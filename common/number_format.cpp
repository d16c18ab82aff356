#include "common/number_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "common/text.h"

namespace tidemark {
namespace {

/// Of what is not finite.
char* WriteSpecial(char* out, double value) {
  const std::string_view text = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return std::ranges::copy(text, out).out;
}

char* WriteDigits(char* out, double value, bool exponent_form) {
  const auto format = exponent_form ? std::chars_format::scientific : std::chars_format::fixed;
  return std::to_chars(out, out + kFloatRoom, value, format).ptr;
}

/// The shortest digits that read back as the value, and then zeros, as Go writes large integers: to_chars writes all
/// that the double stands for, 9223372036854775808 instead of 9223372036854776000.
char* WriteLargeInteger(char* out, double value) {
  std::array<char, kFloatRoom> buffer;
  const char* const end = WriteDigits(buffer.data(), value, true);
  const std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));  // -9.223372036854776e+18
  const size_t exponent_begin = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + exponent_begin + 2, end, exponent);
  int digits = 0;
  for (const char c : text.substr(0, exponent_begin)) {
    if (c == '.') continue;
    *out++ = c;
    digits += c == '-' ? 0 : 1;
  }
  return std::fill_n(out, exponent + 1 - digits, '0');
}

template <typename Write>
void AppendWritten(std::string& out, double value, Write write) {
  std::array<char, kFloatRoom> buffer;
  out.append(buffer.data(), static_cast<size_t>(write(buffer.data(), value) - buffer.data()));
}

}  // namespace

char* WriteGoFloat(char* out, double value) {
  if (!std::isfinite(value)) return WriteSpecial(out, value);
  // strconv.FormatFloat(value, 'g', -1, 64): exponent form when the decimal exponent is below -4 or at least 6.
  const double magnitude = std::fabs(value);
  if (value == std::trunc(value) && magnitude < 1e6) {
    if (value == 0 && std::signbit(value)) *out++ = '-';
    return std::to_chars(out, out + kFloatRoom - 1, static_cast<int>(value)).ptr;
  }
  return WriteDigits(out, value, magnitude < 1e-4 || magnitude >= 1e6);
}

void AppendGoFloat(std::string& out, double value) { AppendWritten(out, value, WriteGoFloat); }

char* WriteApiFloat(char* out, double value) {
  if (!std::isfinite(value)) return WriteSpecial(out, value);
  constexpr double kExponentForm = 1e21;
  const double magnitude = std::fabs(value);
  if (magnitude >= kExactIntegers && magnitude < kExponentForm) return WriteLargeInteger(out, value);
  return WriteDigits(out, value, magnitude != 0 && (magnitude < 1e-6 || magnitude >= kExponentForm));
}

void AppendApiFloat(std::string& out, double value) { AppendWritten(out, value, WriteApiFloat); }

std::string FormatApiFloat(double value) {
  std::string text;
  AppendApiFloat(text, value);
  return text;
}

std::string FormatPlainFloat(double value) {
  // 5e-324 has 326 characters, the largest number 309.
  std::array<char, 400> buffer;
  char* const begin = buffer.data();
  char* end = nullptr;
  if (!std::isfinite(value)) {
    end = WriteSpecial(begin, value);
  } else if (std::fabs(value) >= kExactIntegers) {
    end = WriteLargeInteger(begin, value);
  } else {
    end = std::to_chars(begin, begin + buffer.size(), value, std::chars_format::fixed).ptr;
  }
  return {begin, end};
}

std::string FormatScientific(double value) {
  std::string text;
  AppendWritten(text, value, [](char* out, double number) {
    return std::isfinite(number) ? WriteDigits(out, number, true) : WriteSpecial(out, number);
  });
  return text;
}

bool ParseShortDecimal(std::string_view text, double& value) {
  constexpr size_t kExactDigits = 15;
  constexpr int kExactPower = 22;
  static constexpr std::array<double, kExactPower + 1> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const digits_begin = at;
  const auto is_digit = [](char c) { return static_cast<unsigned char>(c - '0') < 10; };
  uint64_t integer = 0;
  for (; at != end && is_digit(*at); ++at) integer = integer * 10 + static_cast<uint64_t>(*at - '0');
  auto digits = static_cast<size_t>(at - digits_begin);
  int power = 0;
  if (digits == 0) return false;
  if (at != end && *at == '.') {
    const char* const decimals_begin = ++at;
    for (; at != end && is_digit(*at); ++at) integer = integer * 10 + static_cast<uint64_t>(*at - '0');
    power = -static_cast<int>(at - decimals_begin);
    digits += static_cast<size_t>(at - decimals_begin);
  }
  if (digits > kExactDigits) return false;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool negative_exponent = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    constexpr ptrdiff_t kExponentDigits = 2;
    if (at == end || end - at > kExponentDigits) return false;
    int exponent = 0;
    for (; at != end && is_digit(*at); ++at) exponent = exponent * 10 + (*at - '0');
    power += negative_exponent ? -exponent : exponent;
  }
  if (at != end || power > kExactPower || power < -kExactPower) return false;
  const auto exact = static_cast<double>(integer);
  const double magnitude =
      power < 0 ? exact / kPowersOfTen[static_cast<size_t>(-power)] : exact * kPowersOfTen[static_cast<size_t>(power)];
  value = negative ? -magnitude : magnitude;
  return true;
}

std::optional<double> ParseFloat(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double short_decimal = 0;
  if (ParseShortDecimal(text, short_decimal)) return short_decimal;
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
