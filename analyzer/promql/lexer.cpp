#include "analyzer/promql/lexer.h"

#include <algorithm>
#include <cctype>
#include <optional>

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
bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool IsNameChar(char c) { return IsNameStart(c) || IsDigit(c) || c == ':'; }

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  std::vector<Token> Run() {
    try {
      if (!IsValidUtf8(query_)) throw Wrong{0, "query is not valid UTF-8"};
      while (true) {
        SkipBlanksAndComments();
        if (pos_ >= query_.size()) break;
        if (IsQuote(Peek())) {
          LexString();
        } else if (in_braces_) {
          NextInBraces();
        } else {
          Next();
        }
      }
      if (in_braces_) Fail(pos_, "unexpected end of input inside braces");
      if (open_parentheses_ > 0) Fail(pos_, "unclosed left parenthesis");
      if (in_brackets_) Fail(pos_, "unclosed left bracket");
      tokens_.push_back({TokenKind::kEnd, "", query_.size()});
    } catch (Wrong& wrong) {
      tokens_.push_back({TokenKind::kError, std::move(wrong.message), wrong.position});
    }
    return std::move(tokens_);
  }

 private:
  struct Wrong {
    size_t position;
    std::string message;
  };

  [[nodiscard]] char Peek(size_t ahead = 0) const { return pos_ + ahead < query_.size() ? query_[pos_ + ahead] : '\0'; }

  [[noreturn]] static void Fail(size_t position, std::string message) { throw Wrong{position, std::move(message)}; }

  void Add(TokenKind kind, size_t length) {
    tokens_.push_back({kind, std::string(query_.substr(pos_, length)), pos_});
    pos_ += length;
  }

  void SkipBlanks() { pos_ = std::min(query_.find_first_not_of(" \t\n\r", pos_), query_.size()); }

  void SkipBlanksAndComments() {
    SkipBlanks();
    while (Peek() == '#') {
      pos_ = std::min(query_.find('\n', pos_), query_.size());
      SkipBlanks();
    }
  }

  void Next() {
    const char c = Peek();
    const char after = Peek(1);
    switch (c) {
      case '(':
        ++open_parentheses_;
        return Add(TokenKind::kLeftParen, 1);
      case ')':
        // After it, as Prometheus has it.
        if (--open_parentheses_ < 0) Fail(pos_ + 1, "unexpected right parenthesis ')'");
        return Add(TokenKind::kRightParen, 1);
      case '{':
        in_braces_ = true;
        return Add(TokenKind::kLeftBrace, 1);
      case '[':
        in_brackets_ = true;
        Add(TokenKind::kLeftBracket, 1);
        SkipBlanks();
        if (!IsDigit(Peek())) Fail(pos_, "missing a duration after \"[\"");
        return;
      case ']':
        if (!in_brackets_) Fail(pos_, "unexpected right bracket ']'");
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
        if (after == '~') Fail(pos_, "unexpected character after '=': '~'");
        return after == '=' ? Add(TokenKind::kEqual, 2) : Add(TokenKind::kAssign, 1);
      case '!':
        if (after == '=') return Add(TokenKind::kNotEqual, 2);
        Fail(pos_, "unexpected character after '!'");
      case '<':
        return after == '=' ? Add(TokenKind::kLessOrEqual, 2) : Add(TokenKind::kLess, 1);
      case '>':
        return after == '=' ? Add(TokenKind::kGreaterOrEqual, 2) : Add(TokenKind::kGreater, 1);
      default:
        break;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(after))) return LexNumberOrDuration();
    if (c == ':' && in_brackets_) return Add(TokenKind::kColon, 1);
    if (IsNameStart(c) || c == ':') return LexName();
    Fail(pos_, "unexpected character: " + Shown());
  }

  /// Label matchers: names without colons, strings, and their operators.
  void NextInBraces() {
    const char c = Peek();
    const char after = Peek(1);
    switch (c) {
      case '}':
        in_braces_ = false;
        return Add(TokenKind::kRightBrace, 1);
      case ',':
        return Add(TokenKind::kComma, 1);
      case '=':
        return after == '~' ? Add(TokenKind::kRegexMatch, 2) : Add(TokenKind::kAssign, 1);
      case '!':
        if (after == '=') return Add(TokenKind::kNotEqual, 2);
        if (after == '~') return Add(TokenKind::kRegexNotMatch, 2);
        Fail(pos_, "unexpected character after '!' inside braces");
      default:
        break;
    }
    if (!IsNameStart(c)) Fail(pos_, "unexpected character inside braces: " + Shown());
    size_t length = 1;
    while (IsNameStart(Peek(length)) || IsDigit(Peek(length))) ++length;
    Add(TokenKind::kIdentifier, length);
  }

  /// The next character, as a message names it.
  [[nodiscard]] std::string Shown() const {
    size_t length = 1;
    while ((static_cast<unsigned char>(Peek(length)) & 0xC0U) == 0x80U) ++length;  // of UTF-8
    std::string shown;
    AppendJsonString(shown, query_.substr(pos_, length));
    return shown;
  }

  void LexName() {
    size_t length = 1;
    while (IsNameChar(Peek(length))) ++length;
    const bool has_colon = query_.substr(pos_, length).find(':') != std::string_view::npos;
    Add(has_colon ? TokenKind::kMetricName : TokenKind::kIdentifier, length);
  }

  void LexNumberOrDuration() {
    const size_t number = NumberLength();
    if (!IsNameStart(Peek(number)) && !IsDigit(Peek(number))) return Add(TokenKind::kNumber, number);
    const size_t duration = DurationLength(number);
    if (duration > 0) return Add(TokenKind::kDuration, duration);
    Fail(pos_, "bad number or duration syntax: \"" + std::string(query_.substr(pos_, number + 1)) + "\"");
  }

  /// Of what may be a number by its characters: the parser reads it.
  [[nodiscard]] size_t NumberLength() const {
    const bool is_hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    size_t length = is_hex ? 2 : 0;
    const auto skip_digits = [&] {
      while (IsDigit(Peek(length)) || (is_hex && std::isxdigit(static_cast<unsigned char>(Peek(length))) != 0))
        ++length;
    };
    skip_digits();
    if (Peek(length) == '.') {
      ++length;
      skip_digits();
    }
    if (Peek(length) == 'e' || Peek(length) == 'E') {
      ++length;
      if (Peek(length) == '+' || Peek(length) == '-') ++length;
      while (IsDigit(Peek(length))) ++length;
    }
    return length;
  }

  /// Of what may be a duration by its characters, which begins with a number; 0: nothing may. The parser reads it.
  [[nodiscard]] size_t DurationLength(size_t number) const {
    constexpr std::string_view kUnits = "smhdwy";
    size_t length = number;
    do {
      while (IsDigit(Peek(length))) ++length;
      if (kUnits.find(Peek(length)) == std::string_view::npos) return 0;
      ++length;
      if (Peek(length) == 's') ++length;  // of ms
    } while (IsDigit(Peek(length)));
    return IsNameStart(Peek(length)) ? 0 : length;
  }

  void LexString() {
    try {
      QuotedText quoted = TakeQuoted(query_.substr(pos_));
      tokens_.push_back({TokenKind::kString, std::move(quoted.value), pos_});
      pos_ += quoted.length;
    } catch (const QuoteError& error) {
      Fail(pos_, error.what());
    }
  }

  std::string_view query_;
  size_t pos_ = 0;
  int open_parentheses_ = 0;
  bool in_brackets_ = false;
  bool in_braces_ = false;
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
