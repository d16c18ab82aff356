#include "analyzer/templating/literal.h"

#include <cctype>
#include <charconv>
#include <string>

#include "common/go_string.h"
#include "common/number_format.h"

namespace tidemark::templating {
namespace {

/// The code point of a text that is one character.
std::optional<int64_t> SingleCodePoint(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(text.front());
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() != length) return std::nullopt;
  if (length == 1) return first;
  int64_t code_point = first & (0xFF >> (length + 1));
  for (const char c : text.substr(1)) code_point = code_point << 6 | (c & 0x3F);
  return code_point;
}

/// An integer in Go's forms: decimal, 0x, 0o (or a leading zero), 0b. `digits` has no sign and no underscores.
std::optional<int64_t> ParseInteger(std::string_view digits, bool negative) {
  int base = 10;
  if (digits.size() > 1 && digits.front() == '0') {
    const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(digits[1])));
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    digits.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  const std::string text = (negative ? "-" : "") + std::string(digits);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (digits.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Literal> ParseNumber(std::string_view text) {
  size_t length = !text.empty() && (text.front() == '+' || text.front() == '-') ? 1 : 0;
  const bool negative = length == 1 && text.front() == '-';
  const size_t digits_begin = length;
  if (length == text.size() || (std::isdigit(static_cast<unsigned char>(text[length])) == 0 && text[length] != '.'))
    return std::nullopt;
  const bool hexadecimal = text.substr(length).starts_with("0x") || text.substr(length).starts_with("0X");
  std::string digits;
  for (; length < text.size(); ++length) {
    const char c = text[length];
    const bool sign = (c == '+' || c == '-') && length > digits_begin &&
                      (hexadecimal ? text[length - 1] == 'p' || text[length - 1] == 'P'
                                   : text[length - 1] == 'e' || text[length - 1] == 'E');
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && !sign) break;
    if (c != '_') digits += c;
  }
  if (const auto integer = ParseInteger(digits, negative)) return Literal{*integer, length};
  const std::optional<double> value = ParseFloat(digits);
  if (!value) return std::nullopt;
  return Literal{negative ? -*value : *value, length};
}

}  // namespace

std::optional<Literal> ParseLiteral(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char first = text.front();
  if (first != '"' && first != '`' && first != '\'') return ParseNumber(text);
  try {
    QuotedText quoted = TakeQuoted(text);
    if (first != '\'') return Literal{std::move(quoted.value), quoted.length};
    const std::optional<int64_t> code_point = SingleCodePoint(quoted.value);
    if (!code_point) return std::nullopt;
    return Literal{*code_point, quoted.length};
  } catch (const QuoteError& error) {
    throw TemplateError(error.what());
  }
}

}  // namespace tidemark::templating
