#include "analyzer/promql/token_stream.h"

#include <algorithm>

#include "common/text.h"

namespace tidemark::promql {

const Token& TokenStream::Peek() const {
  const Token& token = PeekAfter(0);
  if (token.kind == TokenKind::kError) Fail(token, token.text);
  return token;
}

const Token& TokenStream::PeekAfter(size_t ahead) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }

bool TokenStream::PeekWord(std::string_view word) const {
  return PeekIs(TokenKind::kIdentifier) && EqualsIgnoreCase(Peek().text, word);
}

const Token& TokenStream::Take() { return tokens_[std::min(next_++, tokens_.size() - 1)]; }

bool TokenStream::TakeIf(TokenKind kind) {
  if (!PeekIs(kind)) return false;
  Take();
  return true;
}

void TokenStream::Expect(TokenKind kind, const char* what) {
  if (!TakeIf(kind)) Unexpected(what);
}

void TokenStream::FailAt(size_t position, const std::string& message) const {
  throw ParseError(query_, position, message);
}

void TokenStream::Unexpected(const std::string& expected) const {
  constexpr size_t kMaxShown = 40;
  const Token& token = Peek();
  const std::string got =
      token.kind == TokenKind::kEnd ? "end of input" : "\"" + token.text.substr(0, kMaxShown) + "\"";
  Fail(token, "unexpected " + got + ", expected " + expected);
}

}  // namespace tidemark::promql
