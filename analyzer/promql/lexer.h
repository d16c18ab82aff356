#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::promql {

/// A query that is not PromQL. what() is `<line>:<column>: parse error: <what was expected>`, as Prometheus writes it.
class ParseError : public std::runtime_error {
 public:
  ParseError(std::string_view query, size_t position, const std::string& message);
  [[nodiscard]] size_t position() const { return position_; }  ///< byte offset in the query
  [[nodiscard]] int line() const { return line_; }             ///< from 1
  [[nodiscard]] int column() const { return column_; }         ///< from 1, in bytes

 private:
  size_t position_;
  int line_ = 1;
  int column_ = 1;
};

enum class TokenKind {
  kEnd,
  kError,
  kIdentifier,
  kMetricName,
  kNumber,
  kDuration,
  kString,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAt,
  kAssign,
  kRegexMatch,
  kRegexNotMatch,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct Token {
  TokenKind kind;
  std::string text;  ///< as written; for kString its value with escapes undone; for kError what is wrong
  size_t position;
};

/// Cuts a query into tokens, ending with kEnd, or with kError at what is none: an error of grammar before it comes
/// first. Keywords come as kIdentifier: which of them is one depends on its place.
std::vector<Token> Tokenize(std::string_view query);

}  // namespace tidemark::promql
