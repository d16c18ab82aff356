#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tidemark {

/// A quoted text that cannot be read.
class QuoteError : public std::runtime_error {
 public:
  QuoteError(size_t position, const std::string& message) : std::runtime_error(message), position_(position) {}
  /// Where the fault is: the quote that is not closed, or the escape.
  [[nodiscard]] size_t position() const { return position_; }

 private:
  size_t position_;
};

struct QuotedText {
  std::string value;  ///< with escapes undone
  size_t length;      ///< as written, with its quotes
};

/// Reads the quoted text that `text` begins with, as Go and PromQL write it: between ", ' or ` (without escapes).
/// Source: https://go.dev/ref/spec, "String literals" and "Rune literals". \throw QuoteError
QuotedText TakeQuoted(std::string_view text);

/// As Go's strconv.Quote, which TakeQuoted reads back.
std::string QuoteGo(std::string_view text);

void AppendUtf8(std::string& out, uint32_t code_point);

}  // namespace tidemark
