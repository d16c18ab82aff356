#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/promql/lexer.h"

namespace tidemark::promql {

/// The tokens of a query, how far a parser has come in them, and its errors. All that look at the next token throw
/// ParseError where the query has none.
class TokenStream {
 public:
  /// `query` outlives the stream.
  explicit TokenStream(std::string_view query) : query_(query), tokens_(Tokenize(query)) {}

  [[nodiscard]] std::string_view query() const { return query_; }

  /// The next token.
  [[nodiscard]] const Token& Peek() const;
  /// The one so far behind the next; may be kError. Behind the last is the last.
  [[nodiscard]] const Token& PeekAfter(size_t ahead) const;
  [[nodiscard]] bool PeekIs(TokenKind kind) const { return Peek().kind == kind; }
  /// Whether the next is this keyword, in any case.
  [[nodiscard]] bool PeekWord(std::string_view word) const;

  /// The next token, which is then behind.
  const Token& Take();
  bool TakeIf(TokenKind kind);
  /// Takes a token of this kind, or fails with `what` was expected.
  void Expect(TokenKind kind, const char* what);

  [[noreturn]] void Fail(const Token& token, const std::string& message) const { FailAt(token.position, message); }
  [[noreturn]] void FailAt(size_t position, const std::string& message) const;
  /// Fails at the next token: "unexpected …, expected `expected`".
  [[noreturn]] void Unexpected(const std::string& expected) const;

 private:
  std::string_view query_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace tidemark::promql
