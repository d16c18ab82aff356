#include "analyzer/promql/selector_parser.h"

#include <stdexcept>

namespace tidemark::promql {

using storage::Matcher;

namespace {

Matcher ParseMatcher(TokenStream& tokens) {
  if (!tokens.PeekIs(TokenKind::kIdentifier)) tokens.Unexpected("a label name or \"}\"");
  const Token& name = tokens.Take();
  Matcher::Type type = Matcher::Type::kEqual;
  switch (tokens.Peek().kind) {
    case TokenKind::kAssign:
      break;
    case TokenKind::kNotEqual:
      type = Matcher::Type::kNotEqual;
      break;
    case TokenKind::kRegexMatch:
      type = Matcher::Type::kRegex;
      break;
    case TokenKind::kRegexNotMatch:
      type = Matcher::Type::kNotRegex;
      break;
    default:
      tokens.Unexpected("a label matching operator (=, !=, =~ or !~)");
  }
  tokens.Take();
  if (!tokens.PeekIs(TokenKind::kString)) tokens.Unexpected("a quoted string");
  const Token& value = tokens.Take();
  try {
    return {type, name.text, value.text};
  } catch (const std::invalid_argument& error) {
    tokens.Fail(name, error.what());
  }
}

}  // namespace

VectorSelector ParseVectorSelector(TokenStream& tokens) {
  VectorSelector selector;
  std::string metric;
  if (tokens.PeekIs(TokenKind::kIdentifier) || tokens.PeekIs(TokenKind::kMetricName)) metric = tokens.Take().text;
  if (tokens.TakeIf(TokenKind::kLeftBrace)) {
    while (!tokens.TakeIf(TokenKind::kRightBrace)) {
      selector.matchers.push_back(ParseMatcher(tokens));
      if (!tokens.PeekIs(TokenKind::kRightBrace)) tokens.Expect(TokenKind::kComma, "\",\" or \"}\"");
    }
  } else if (metric.empty()) {
    tokens.Unexpected("a metric name or \"{\"");
  }
  selector.name = metric;
  if (!metric.empty()) selector.matchers.emplace_back(Matcher::Type::kEqual, std::string(storage::kMetricName), metric);
  return selector;
}

std::vector<std::string> ParseLabelList(TokenStream& tokens) {
  std::vector<std::string> labels;
  tokens.Expect(TokenKind::kLeftParen, "\"(\" and label names");
  while (!tokens.TakeIf(TokenKind::kRightParen)) {
    // Of the keywords these are none here, as in Prometheus.
    if (!tokens.PeekIs(TokenKind::kIdentifier) || tokens.PeekWord("without") || tokens.PeekWord("inf") ||
        tokens.PeekWord("nan"))
      tokens.Unexpected("a label name or \")\"");
    labels.push_back(tokens.Take().text);
    if (!tokens.PeekIs(TokenKind::kRightParen)) tokens.Expect(TokenKind::kComma, "\",\" or \")\"");
  }
  return labels;
}

}  // namespace tidemark::promql
