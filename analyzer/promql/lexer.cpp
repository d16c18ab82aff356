#include "analyzer/promql/lexer.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "common/duration.h"
#include "common/go_string.h"
#include "common/utf8.h"

namespace tidemark::promql {
namespace {

std::string Describe(std::string_view query, size_t position, const std::string& message) {
  const std::string_view before = query.substr(0, std::min(position, query.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(before.size() - line_begin + 1) + ": parse error: " + message;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNameChar(char c) { return IsNameStart(c) || IsDigit(c) || c == ':'; }

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  std::vector<Token> Run() {
    if (!IsValidUtf8(query_)) throw ParseError(query_, 0, "query is not valid UTF-8");
    while (true) {
      SkipBlanksAndComments();
      if (pos_ >= query_.size()) {
        tokens_.push_back({TokenKind::kEnd, "", query_.size()});
        return std::move(tokens_);
      }
      Next();
    }
  }

 private:
  [[nodiscard]] char Peek(size_t ahead = 0) const { return pos_ + ahead < query_.size() ? query_[pos_ + ahead] : '\0'; }

  [[noreturn]] void Fail(size_t position, const std::string& message) const {
    throw ParseError(query_, position, message);
  }

  void Add(TokenKind kind, size_t length) {
    tokens_.push_back({kind, std::string(query_.substr(pos_, length)), pos_});
    pos_ += length;
  }

  void SkipBlanksAndComments() {
    while (pos_ < query_.size()) {
      const char c = query_[pos_];
      if (c == '#') {
        pos_ = std::min(query_.find('\n', pos_), query_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++pos_;
      } else {
        return;
      }
    }
  }

  void Next() {
    const char c = Peek();
    const char after = Peek(1);
    switch (c) {
      case '(':
        return Add(TokenKind::kLeftParen, 1);
      case ')':
        return Add(TokenKind::kRightParen, 1);
      case '{':
        return Add(TokenKind::kLeftBrace, 1);
      case '}':
        return Add(TokenKind::kRightBrace, 1);
      case '[':
        in_brackets_ = true;
        return Add(TokenKind::kLeftBracket, 1);
      case ']':
        in_brackets_ = false;
        return Add(TokenKind::kRightBracket, 1);
      case ',':
        return Add(TokenKind::kComma, 1);
      case '@':
        return Add(TokenKind::kAt, 1);
      case '+':
        return Add(TokenKind::kAdd, 1);
      case '-':
        return Add(TokenKind::kSubtract, 1);
      case '*':
        return Add(TokenKind::kMultiply, 1);
      case '/':
        return Add(TokenKind::kDivide, 1);
      case '%':
        return Add(TokenKind::kModulo, 1);
      case '^':
        return Add(TokenKind::kPower, 1);
      case '=':
        if (after == '=') return Add(TokenKind::kEqual, 2);
        if (after == '~') return Add(TokenKind::kRegexMatch, 2);
        return Add(TokenKind::kAssign, 1);
      case '!':
        if (after == '=') return Add(TokenKind::kNotEqual, 2);
        if (after == '~') return Add(TokenKind::kRegexNotMatch, 2);
        Fail(pos_, "unexpected character after '!'");
      case '<':
        return after == '=' ? Add(TokenKind::kLessOrEqual, 2) : Add(TokenKind::kLess, 1);
      case '>':
        return after == '=' ? Add(TokenKind::kGreaterOrEqual, 2) : Add(TokenKind::kGreater, 1);
      case '"':
      case '\'':
      case '`':
        return LexString();
      default:
        break;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(after))) return LexNumberOrDuration();
    if (c == ':' && in_brackets_) return Add(TokenKind::kColon, 1);
    if (IsNameStart(c) || c == ':') return LexName();
    std::string shown;
    AppendJsonString(shown, query_.substr(pos_, 1));
    Fail(pos_, "unexpected character: " + shown);
  }

  void LexName() {
    size_t length = 1;
    while (IsNameChar(Peek(length))) ++length;
    const bool has_colon = query_.substr(pos_, length).find(':') != std::string_view::npos;
    Add(has_colon ? TokenKind::kMetricName : TokenKind::kIdentifier, length);
  }

  void LexNumberOrDuration() {
    size_t length = 0;
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) {
      length = 2;
      while (std::isxdigit(static_cast<unsigned char>(Peek(length))) != 0) ++length;
    } else {
      while (IsDigit(Peek(length))) ++length;
      if (IsNameStart(Peek(length)) && Peek(length) != 'e' && Peek(length) != 'E') {
        while (IsDigit(Peek(length)) || IsNameStart(Peek(length))) ++length;
        const std::string_view text = query_.substr(pos_, length);
        if (!ParseDurationMs(text)) Fail(pos_, "bad number or duration syntax: \"" + std::string(text) + "\"");
        return Add(TokenKind::kDuration, length);
      }
      if (Peek(length) == '.') {
        ++length;
        while (IsDigit(Peek(length))) ++length;
      }
      if (Peek(length) == 'e' || Peek(length) == 'E') {
        size_t exponent = length + 1;
        if (Peek(exponent) == '+' || Peek(exponent) == '-') ++exponent;
        if (IsDigit(Peek(exponent))) {
          length = exponent;
          while (IsDigit(Peek(length))) ++length;
        }
      }
    }
    if (IsNameChar(Peek(length)) && Peek(length) != ':') {
      Fail(pos_, "bad number or duration syntax: \"" + std::string(query_.substr(pos_, length + 1)) + "\"");
    }
    Add(TokenKind::kNumber, length);
  }

  void LexString() {
    try {
      QuotedText quoted = TakeQuoted(query_.substr(pos_));
      tokens_.push_back({TokenKind::kString, std::move(quoted.value), pos_});
      pos_ += quoted.length;
    } catch (const QuoteError& error) {
      Fail(pos_ + error.position(), error.what());
    }
  }

  std::string_view query_;
  size_t pos_ = 0;
  bool in_brackets_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

ParseError::ParseError(std::string_view query, size_t position, const std::string& message)
    : std::runtime_error(Describe(query, position, message)), position_(std::min(position, query.size())) {
  for (const char c : query.substr(0, position_)) {
    column_ = c == '\n' ? 1 : column_ + 1;
    line_ += c == '\n' ? 1 : 0;
  }
}

std::vector<Token> Tokenize(std::string_view query) { return Lexer(query).Run(); }

}  // namespace tidemark::promql
