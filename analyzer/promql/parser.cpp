#include "analyzer/promql/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "analyzer/promql/functions.h"
#include "analyzer/promql/operator_precedence.h"
#include "analyzer/promql/selector_parser.h"
#include "analyzer/promql/token_stream.h"
#include "analyzer/promql/type_check.h"
#include "common/duration.h"
#include "common/exposition/parser.h"
#include "common/number_format.h"
#include "common/text.h"

namespace tidemark::promql {
namespace {

std::optional<AggregateOp> AggregateFromName(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(AggregateOp::kCountValues); ++i) {
    if (EqualsIgnoreCase(name, OpText(static_cast<AggregateOp>(i)))) return static_cast<AggregateOp>(i);
  }
  return std::nullopt;
}

bool HasParameter(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kQuantile ||
         op == AggregateOp::kCountValues;
}

/// Keywords are written in any case.
bool IsOneOf(const auto& words, std::string_view word) {
  return std::ranges::any_of(words, [&](std::string_view one) { return EqualsIgnoreCase(one, word); });
}

/// The keywords that are no names of metrics.
bool IsReserved(std::string_view word) {
  constexpr std::array<std::string_view, 6> kWords{"on", "ignoring", "group_left", "group_right", "bool", "atan2"};
  return IsOneOf(kWords, word);
}

ExprPtr MakeExpr(auto node, ValueType type, size_t position) {
  auto expr = std::make_unique<Expr>();
  expr->node = std::move(node);
  expr->type = type;
  expr->position = position;
  expr->begin = position;
  return expr;
}

class Parser : private TokenStream {
 public:
  using TokenStream::TokenStream;

  ExprPtr ParseWhole() {
    if (Peek().kind == TokenKind::kEnd) FailAt(0, "no expression found in input");
    ExprPtr expr = ParseBinary(1);
    if (Peek().kind != TokenKind::kEnd) Unexpected("end of input or an operator");
    CheckTypes(*expr, query());
    return expr;
  }

  std::vector<storage::Matcher> ParseWholeSelector() {
    VectorSelector selector = ParseVectorSelector(*this);
    if (Peek().kind != TokenKind::kEnd) Unexpected("end of the selector");
    return std::move(selector.matchers);
  }

 private:
  /// Counts recursion; every recursive path goes through ParseBinary or ParseUnary.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth)
        parser_.Fail(parser_.Peek(), "expression is nested more than " + std::to_string(kMaxDepth) + " levels deep");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  ExprPtr ParseBinary(int min_precedence) {
    const Depth depth(*this);
    ExprPtr left = ParseUnary();
    while (true) {
      const std::optional<OperatorInfo> info = BinaryOperatorFrom(Peek());
      if (!info || info->precedence < min_precedence) return left;
      // A chain a + b + c … nests to the left, one level an operator, and evaluation recurses.
      if (++operators_ > kMaxOperators)
        Fail(Peek(), "more than " + std::to_string(kMaxOperators) + " operators in one expression");
      const Token& op_token = Take();
      Binary binary{.op = info->op,
                    .left = std::move(left),
                    .right = nullptr,
                    .return_bool = false,
                    .matching = {},
                    .op_position = op_token.position};
      ParseModifiers(binary);
      // ^ binds to the right, the others to the left.
      binary.right = ParseBinary(info->op == BinaryOp::kPower ? info->precedence : info->precedence + 1);
      const bool is_scalar = binary.left->type == ValueType::kScalar && binary.right->type == ValueType::kScalar;
      const bool is_of_vectors = binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
      if (!is_of_vectors && binary.matching.labels.empty()) binary.matching = {};
      const size_t begin = binary.left->begin;
      left = MakeExpr(std::move(binary), is_scalar ? ValueType::kScalar : ValueType::kVector, begin);
    }
  }

  void ParseModifiers(Binary& binary) {
    VectorMatching& matching = binary.matching;
    if (IsSetOperator(binary.op)) matching.cardinality = VectorMatching::Cardinality::kManyToMany;
    if (PeekWord("bool")) {
      Take();
      binary.return_bool = true;
    }
    if (!PeekWord("on") && !PeekWord("ignoring")) return;
    matching.on = EqualsIgnoreCase(Take().text, "on");
    matching.labels = ParseLabelList(*this);
    if (!PeekWord("group_left") && !PeekWord("group_right")) return;
    matching.cardinality = EqualsIgnoreCase(Take().text, "group_left") ? VectorMatching::Cardinality::kManyToOne
                                                                       : VectorMatching::Cardinality::kOneToMany;
    if (PeekIs(TokenKind::kLeftParen)) matching.include = ParseLabelList(*this);
  }

  ExprPtr ParseUnary() {
    const Depth depth(*this);
    if (!PeekIs(TokenKind::kAdd) && !PeekIs(TokenKind::kSubtract)) return ParsePostfix();
    const Token& sign = Take();
    // A sign binds like * and /: -2^2 is -(2^2).
    ExprPtr inner = ParseSigned();
    const ValueType type = inner->type;
    const bool negates = sign.kind == TokenKind::kSubtract;
    if (auto* number = std::get_if<NumberLiteral>(&inner->node); number != nullptr && inner->parentheses == 0) {
      if (negates) number->value = -number->value;
      inner->position = sign.position;
      inner->begin = sign.position;
      return inner;
    }
    return MakeExpr(Unary{std::move(inner), negates}, type, sign.position);
  }

  ExprPtr ParseSigned() {
    static_assert(kUnaryPrecedence + 1 == kPowerPrecedence);
    return ParseBinary(kPowerPrecedence);
  }

  ExprPtr ParsePostfix() {
    ExprPtr expr = ParsePrimary();
    while (true) {
      if (PeekIs(TokenKind::kLeftBracket)) {
        expr = ParseRange(std::move(expr));
      } else if (PeekWord("offset")) {
        ParseOffset(*expr);
      } else if (PeekIs(TokenKind::kAt)) {
        ParseAt(*expr);
      } else {
        return expr;
      }
    }
  }

  int64_t TakeDuration(const char* what) {
    if (!PeekIs(TokenKind::kDuration)) Unexpected(what);
    const Token& token = Take();
    const std::optional<int64_t> duration_ms = ParseDurationMs(token.text);
    if (!duration_ms) Fail(token, "not a valid duration: \"" + token.text + "\"");
    if (*duration_ms == 0) Fail(token, "duration must be greater than 0");
    return *duration_ms;
  }

  ExprPtr ParseRange(ExprPtr inner) {
    const Token& bracket = Take();
    const int64_t range_ms = TakeDuration("a duration");
    const size_t begin = inner->begin;
    if (TakeIf(TokenKind::kColon)) {
      const int64_t step_ms = PeekIs(TokenKind::kDuration) ? TakeDuration("a duration") : 0;
      Expect(TokenKind::kRightBracket, "\"]\" after the sub-query");
      return MakeExpr(Subquery{std::move(inner), range_ms, step_ms, {}}, ValueType::kMatrix, begin);
    }
    Expect(TokenKind::kRightBracket, "\"]\" after the range");
    auto* selector = std::get_if<VectorSelector>(&inner->node);
    if (selector == nullptr || inner->parentheses > 0) Fail(bracket, "ranges only allowed for vector selectors");
    if (selector->shift.offset_ms != 0 || selector->shift.anchor != TimeShift::Anchor::kNone) {
      Fail(bracket, "no offset or @ modifiers allowed before range");
    }
    return MakeExpr(MatrixSelector{std::move(*selector), range_ms}, ValueType::kMatrix, begin);
  }

  /// The time shift of a selector or sub-query. \throw ParseError for anything else.
  TimeShift& ShiftOf(Expr& expr, const char* modifier) const {
    if (expr.parentheses == 0) {
      if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return selector->shift;
      if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return matrix->selector.shift;
      if (auto* subquery = std::get_if<Subquery>(&expr.node)) return subquery->shift;
    }
    FailAt(expr.begin, std::string(modifier) +
                           " modifier must be preceded by an instant vector selector or range vector selector or a "
                           "subquery");
  }

  void ParseOffset(Expr& expr) {
    Take();
    const bool negative = TakeIf(TokenKind::kSubtract);
    const int64_t offset_ms = TakeDuration("a duration after offset");
    TimeShift& shift = ShiftOf(expr, "offset");
    if (shift.offset_ms != 0) FailAt(expr.begin, "offset may not be set multiple times");
    shift.offset_ms = negative ? -offset_ms : offset_ms;
  }

  void ParseAt(Expr& expr) {
    Take();
    TimeShift at;
    if (PeekWord("start") || PeekWord("end")) {
      at.anchor = EqualsIgnoreCase(Take().text, "start") ? TimeShift::Anchor::kStart : TimeShift::Anchor::kEnd;
      Expect(TokenKind::kLeftParen, "\"(\"");
      Expect(TokenKind::kRightParen, "\")\"");
    } else {
      const bool negative = TakeIf(TokenKind::kSubtract);
      if (!negative) TakeIf(TokenKind::kAdd);
      if (!PeekIs(TokenKind::kNumber) && !PeekWord("inf") && !PeekWord("nan")) Unexpected("a timestamp after @");
      const double seconds = TakeNumber() * (negative ? -1 : 1);
      // The bound is one of milliseconds, as Prometheus has it; what it lets pass has no samples.
      constexpr double kMost = 9223372036854775808.0;
      if (!(std::fabs(seconds) < kMost))
        FailAt(expr.begin, "timestamp out of bounds for @ modifier: " + FormatApiFloat(seconds));
      at.anchor = TimeShift::Anchor::kTimestamp;
      // Ranges and offsets, of 292 years at most, can be added to it.
      constexpr double kFarMs = kMost / 4;
      at.at_ms = static_cast<int64_t>(std::clamp(std::round(seconds * 1000), -kFarMs, kFarMs));
    }
    TimeShift& shift = ShiftOf(expr, "@");
    if (shift.anchor != TimeShift::Anchor::kNone) FailAt(expr.begin, "@ <timestamp> may not be set multiple times");
    shift.anchor = at.anchor;
    shift.at_ms = at.at_ms;
  }

  /// An integer as Go's strconv.ParseInt takes it, octal with a leading 0 or hexadecimal; else a decimal float.
  double TakeNumber() {
    const Token& token = Take();
    const std::string_view text = token.text;
    const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
    const bool is_octal = text.starts_with('0') && text.find_first_not_of("01234567") == std::string_view::npos;
    int64_t integer = 0;
    const auto [end, error] =
        std::from_chars(text.data() + (is_hex ? 2 : 0), text.data() + text.size(), integer, is_hex ? 16 : 8);
    if ((is_hex || is_octal) && error == std::errc() && end == text.data() + text.size())
      return static_cast<double>(integer);
    const std::optional<double> value = is_hex ? std::nullopt : ParseFloat(text);
    if (!value || (token.kind == TokenKind::kNumber && std::isinf(*value)))
      Fail(token, "bad number, or one out of range: \"" + token.text + "\"");
    return *value;
  }

  ExprPtr ParsePrimary() {
    const Token& token = Peek();
    switch (token.kind) {
      case TokenKind::kNumber:
        return MakeExpr(NumberLiteral{TakeNumber()}, ValueType::kScalar, token.position);
      case TokenKind::kString:
        Take();
        return MakeExpr(StringLiteral{token.text}, ValueType::kString, token.position);
      case TokenKind::kLeftParen: {
        Take();
        ExprPtr inner = ParseBinary(1);
        Expect(TokenKind::kRightParen, "\")\"");
        ++inner->parentheses;
        inner->begin = token.position;
        return inner;
      }
      case TokenKind::kLeftBrace:
      case TokenKind::kMetricName:
        return MakeSelector();
      case TokenKind::kIdentifier:
        return ParseWord();
      default:
        Unexpected("an expression");
    }
  }

  ExprPtr MakeSelector() {
    const size_t position = Peek().position;
    return MakeExpr(ParseVectorSelector(*this), ValueType::kVector, position);
  }

  ExprPtr ParseWord() {
    const Token& word = Peek();
    const Token& after = PeekAfter(1);
    const bool opens_call = after.kind == TokenKind::kLeftParen;
    constexpr std::array<std::string_view, 2> kGroupings{"by", "without"};
    const bool grouped = after.kind == TokenKind::kIdentifier && IsOneOf(kGroupings, after.text);
    if (const auto op = AggregateFromName(word.text); op && (opens_call || grouped)) return ParseAggregate(*op);
    if (PeekWord("inf") || PeekWord("nan"))
      return MakeExpr(NumberLiteral{TakeNumber()}, ValueType::kScalar, word.position);
    if (IsReserved(word.text)) Unexpected("an expression");
    // The other keywords may be names of metrics, but not of functions.
    constexpr std::array<std::string_view, 8> kNoFunctions{"and",     "or",     "unless", "by",
                                                           "without", "offset", "start",  "end"};
    if (opens_call && !IsOneOf(kNoFunctions, word.text)) return ParseCall();
    return MakeSelector();
  }

  ExprPtr ParseCall() {
    const Token& name = Take();
    Call call{nullptr, ParseArguments()};
    call.function = FindFunction(name.text);
    if (call.function == nullptr) Fail(name, "unknown function with name \"" + name.text + "\"");
    const ValueType type = call.function->result;
    return MakeExpr(std::move(call), type, name.position);
  }

  [[nodiscard]] bool BeginsExpression() const {
    constexpr std::array<TokenKind, 8> kKinds{TokenKind::kNumber,    TokenKind::kString,     TokenKind::kLeftParen,
                                              TokenKind::kLeftBrace, TokenKind::kMetricName, TokenKind::kIdentifier,
                                              TokenKind::kAdd,       TokenKind::kSubtract};
    return std::ranges::find(kKinds, Peek().kind) != kKinds.end() &&
           !(PeekIs(TokenKind::kIdentifier) && IsReserved(Peek().text));
  }

  std::vector<ExprPtr> ParseArguments() {
    std::vector<ExprPtr> arguments;
    Expect(TokenKind::kLeftParen, "\"(\"");
    if (TakeIf(TokenKind::kRightParen)) return arguments;
    while (true) {
      arguments.push_back(ParseBinary(1));
      if (TakeIf(TokenKind::kRightParen)) return arguments;
      const Token& comma = Peek();
      Expect(TokenKind::kComma, "\",\" or \")\"");
      if (!BeginsExpression()) Fail(comma, "trailing commas not allowed in function call args");
    }
  }

  ExprPtr ParseAggregate(AggregateOp op) {
    const Token& name = Take();
    Aggregate aggregate{.op = op, .inner = nullptr, .parameter = nullptr, .grouping = {}, .without = false};
    bool grouped = ParseGrouping(aggregate);
    std::vector<ExprPtr> arguments = ParseArguments();
    if (!grouped) ParseGrouping(aggregate);
    const size_t wanted = HasParameter(op) ? 2 : 1;
    if (arguments.size() != wanted) {
      Fail(name, "wrong number of arguments for aggregate expression provided, expected " + std::to_string(wanted) +
                     ", got " + std::to_string(arguments.size()));
    }
    aggregate.inner = std::move(arguments.back());
    if (HasParameter(op)) aggregate.parameter = std::move(arguments.front());
    return MakeExpr(std::move(aggregate), ValueType::kVector, name.position);
  }

  bool ParseGrouping(Aggregate& aggregate) {
    if (!PeekWord("by") && !PeekWord("without")) return false;
    aggregate.without = EqualsIgnoreCase(Take().text, "without");
    aggregate.grouping = ParseLabelList(*this);
    return true;
  }

  int depth_ = 0;
  int operators_ = 0;
};

std::string_view Bounded(std::string_view query) {
  if (query.size() > kMaxQueryBytes)
    throw ParseError("", 0, "query is longer than " + std::to_string(kMaxQueryBytes) + " bytes");
  return query;
}

}  // namespace

ExprPtr ParseExpr(std::string_view query) { return Parser(Bounded(query)).ParseWhole(); }

std::vector<storage::Matcher> ParseSelector(std::string_view query) {
  return Parser(Bounded(query)).ParseWholeSelector();
}

}  // namespace tidemark::promql
