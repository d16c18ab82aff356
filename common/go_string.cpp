#include "common/go_string.h"

#include <array>
#include <cstdio>

#include "common/utf8.h"

namespace tidemark {
namespace {

constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
constexpr std::string_view kLetters = "abfnrtv\\\"";

class Unquoter {
 public:
  explicit Unquoter(std::string_view text) : text_(text) {}

  QuotedText Take() {
    const char quote = text_.front();
    const bool raw = quote == '`';
    at_ = 1;
    while (true) {
      if (at_ >= text_.size() || (text_[at_] == '\n' && !raw)) throw QuoteError(0, "unterminated quoted string");
      const char c = text_[at_++];
      if (c == quote) return {std::move(value_), at_};
      if (c == '\\' && !raw) {
        TakeEscape(quote);
      } else {
        value_ += c;
      }
    }
  }

 private:
  void TakeEscape(char quote) {
    const size_t begin = at_ - 1;
    if (at_ >= text_.size()) throw QuoteError(0, "unterminated quoted string");
    const char c = text_[at_++];
    const size_t letter = kLetters.find(c);
    if (letter != std::string_view::npos && c != '"') {
      value_ += kEscaped[letter];
    } else if (c == quote) {
      value_ += c;
    } else if (c == 'x') {
      value_ += static_cast<char>(TakeDigits(begin, 2, 16));
    } else if (c == 'u' || c == 'U') {
      const uint32_t code_point = TakeDigits(begin, c == 'u' ? 4 : 8, 16);
      if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        throw QuoteError(begin, "escape sequence is an invalid Unicode code point");
      AppendUtf8(value_, code_point);
    } else if (c >= '0' && c <= '7') {
      --at_;
      const uint32_t byte = TakeDigits(begin, 3, 8);
      if (byte > 255) throw QuoteError(begin, "octal escape value is above 255");
      value_ += static_cast<char>(byte);
    } else {
      throw QuoteError(begin, std::string("unknown escape sequence '\\") + c + "'");
    }
  }

  uint32_t TakeDigits(size_t begin, int count, uint32_t base) {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      const uint32_t digit = c >= '0' && c <= '9'   ? static_cast<uint32_t>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<uint32_t>(c - 'A' + 10)
                                                    : 99;
      if (digit >= base) throw QuoteError(begin, "illegal character in escape sequence");
      value = value * base + digit;
    }
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string value_;
};

}  // namespace

QuotedText TakeQuoted(std::string_view text) { return Unquoter(text).Take(); }

std::string QuoteGo(std::string_view text) {
  const bool is_text = IsValidUtf8(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t at = kEscaped.find(c); at != std::string_view::npos) {
      quoted += '\\';
      quoted += kLetters[at];
    } else if (byte < ' ' || byte == 0x7F || (byte >= 0x80 && !is_text)) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    out += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    out += static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

}  // namespace tidemark
