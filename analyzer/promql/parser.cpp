#include "analyzer/promql/parser.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

#include "analyzer/promql/functions.h"
#include "common/duration.h"
#include "common/exposition/parser.h"
#include "common/number_format.h"

namespace tidemark::promql {
namespace {

using storage::Matcher;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::optional<AggregateOp> AggregateFromName(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(AggregateOp::kCountValues); ++i) {
    if (Lower(name) == OpText(static_cast<AggregateOp>(i))) return static_cast<AggregateOp>(i);
  }
  return std::nullopt;
}

bool HasParameter(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kQuantile ||
         op == AggregateOp::kCountValues;
}

struct OpInfo {
  BinaryOp op;
  int precedence;
};

constexpr int kUnaryPrecedence = 5;
constexpr int kPowerPrecedence = 6;

/// Operators by binding strength: or < and, unless < comparison < + - < * / % atan2 < ^.
std::optional<OpInfo> BinaryFromToken(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEqual:
      return OpInfo{BinaryOp::kEqual, 3};
    case TokenKind::kNotEqual:
      return OpInfo{BinaryOp::kNotEqual, 3};
    case TokenKind::kLess:
      return OpInfo{BinaryOp::kLess, 3};
    case TokenKind::kLessOrEqual:
      return OpInfo{BinaryOp::kLessOrEqual, 3};
    case TokenKind::kGreater:
      return OpInfo{BinaryOp::kGreater, 3};
    case TokenKind::kGreaterOrEqual:
      return OpInfo{BinaryOp::kGreaterOrEqual, 3};
    case TokenKind::kAdd:
      return OpInfo{BinaryOp::kAdd, 4};
    case TokenKind::kSubtract:
      return OpInfo{BinaryOp::kSubtract, 4};
    case TokenKind::kMultiply:
      return OpInfo{BinaryOp::kMultiply, 5};
    case TokenKind::kDivide:
      return OpInfo{BinaryOp::kDivide, 5};
    case TokenKind::kModulo:
      return OpInfo{BinaryOp::kModulo, 5};
    case TokenKind::kPower:
      return OpInfo{BinaryOp::kPower, kPowerPrecedence};
    case TokenKind::kIdentifier: {
      const std::string word = Lower(token.text);
      if (word == "or") return OpInfo{BinaryOp::kOr, 1};
      if (word == "and") return OpInfo{BinaryOp::kAnd, 2};
      if (word == "unless") return OpInfo{BinaryOp::kUnless, 2};
      if (word == "atan2") return OpInfo{BinaryOp::kAtan2, 5};
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

ExprPtr MakeExpr(auto node, ValueType type, size_t position) {
  auto expr = std::make_unique<Expr>();
  expr->node = std::move(node);
  expr->type = type;
  expr->position = position;
  return expr;
}

class Parser {
 public:
  explicit Parser(std::string_view query) : query_(query), tokens_(Tokenize(query)) {}

  ExprPtr ParseWhole() {
    if (Peek().kind == TokenKind::kEnd) Fail(Peek(), "no expression found in input");
    ExprPtr expr = ParseBinary(1);
    if (Peek().kind != TokenKind::kEnd) Unexpected("end of input or an operator");
    return expr;
  }

  std::vector<Matcher> ParseWholeSelector() {
    VectorSelector selector = ParseVectorSelector();
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

  [[nodiscard]] const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() { return tokens_[std::min(next_++, tokens_.size() - 1)]; }
  [[nodiscard]] bool PeekIs(TokenKind kind) const { return Peek().kind == kind; }
  [[nodiscard]] bool PeekWord(std::string_view word) const {
    return PeekIs(TokenKind::kIdentifier) && Lower(Peek().text) == word;
  }
  bool TakeIf(TokenKind kind) {
    if (!PeekIs(kind)) return false;
    Take();
    return true;
  }

  [[noreturn]] void Fail(const Token& token, const std::string& message) const {
    throw ParseError(query_, token.position, message);
  }
  [[noreturn]] void FailAt(size_t position, const std::string& message) const {
    throw ParseError(query_, position, message);
  }
  [[noreturn]] void Unexpected(const std::string& expected) const {
    const Token& token = Peek();
    const std::string got = token.kind == TokenKind::kEnd ? "end of input" : "\"" + token.text.substr(0, 40) + "\"";
    Fail(token, "unexpected " + got + ", expected " + expected);
  }
  void Expect(TokenKind kind, const char* what) {
    if (!TakeIf(kind)) Unexpected(what);
  }

  void ExpectType(const Expr& expr, ValueType wanted, const std::string& where) const {
    if (expr.type != wanted) {
      FailAt(expr.position,
             std::string("expected type ") + TypeName(wanted) + " in " + where + ", got " + TypeName(expr.type));
    }
  }

  ExprPtr ParseBinary(int min_precedence) {
    const Depth depth(*this);
    ExprPtr left = ParseUnary();
    while (true) {
      const std::optional<OpInfo> info = BinaryFromToken(Peek());
      if (!info || info->precedence < min_precedence) return left;
      // A chain a + b + c … nests to the left, one level an operator, and evaluation recurses.
      if (++operators_ > kMaxOperators)
        Fail(Peek(), "more than " + std::to_string(kMaxOperators) + " operators in one expression");
      const Token& op_token = Take();
      Binary binary{.op = info->op, .left = std::move(left), .right = nullptr, .return_bool = false, .matching = {}};
      ParseModifiers(binary);
      // ^ binds to the right, the others to the left.
      binary.right = ParseBinary(info->op == BinaryOp::kPower ? info->precedence : info->precedence + 1);
      left = FinishBinary(std::move(binary), op_token);
    }
  }

  void ParseModifiers(Binary& binary) {
    VectorMatching& matching = binary.matching;
    if (IsSetOperator(binary.op)) matching.cardinality = VectorMatching::Cardinality::kManyToMany;
    if (PeekWord("bool")) {
      if (!IsComparison(binary.op)) Fail(Peek(), "bool modifier can only be used on comparison operators");
      Take();
      binary.return_bool = true;
    }
    if (!PeekWord("on") && !PeekWord("ignoring")) return;
    matching.on = Lower(Take().text) == "on";
    matching.labels = ParseLabelList();
    if (!PeekWord("group_left") && !PeekWord("group_right")) return;
    const Token& group = Take();
    if (IsSetOperator(binary.op))
      Fail(group, std::string("no grouping allowed for \"") + OpText(binary.op) + "\" operation");
    matching.cardinality = Lower(group.text) == "group_left" ? VectorMatching::Cardinality::kManyToOne
                                                             : VectorMatching::Cardinality::kOneToMany;
    if (PeekIs(TokenKind::kLeftParen)) matching.include = ParseLabelList();
    if (!matching.on) return;
    for (const std::string& label : matching.include) {
      if (std::ranges::find(matching.labels, label) != matching.labels.end()) {
        Fail(group, "label \"" + label + "\" must not occur in ON and GROUP clause at once");
      }
    }
  }

  ExprPtr FinishBinary(Binary binary, const Token& op_token) {
    const Expr& left = *binary.left;
    const Expr& right = *binary.right;
    for (const Expr* side : {&left, &right}) {
      if (side->type == ValueType::kMatrix || side->type == ValueType::kString) {
        FailAt(side->position, "binary expression must contain only scalar and instant vector types");
      }
    }
    const bool both_vectors = left.type == ValueType::kVector && right.type == ValueType::kVector;
    const bool both_scalars = left.type == ValueType::kScalar && right.type == ValueType::kScalar;
    if (both_scalars && IsComparison(binary.op) && !binary.return_bool)
      Fail(op_token, "comparisons between scalars must use BOOL modifier");
    if (!both_vectors && IsSetOperator(binary.op))
      Fail(op_token, std::string("set operator \"") + OpText(binary.op) + "\" not allowed in binary scalar expression");
    if (!both_vectors && (binary.matching.on || !binary.matching.labels.empty()))
      Fail(op_token, "vector matching only allowed between instant vectors");
    const size_t position = left.position;
    return MakeExpr(std::move(binary), both_scalars ? ValueType::kScalar : ValueType::kVector, position);
  }

  ExprPtr ParseUnary() {
    const Depth depth(*this);
    if (!PeekIs(TokenKind::kAdd) && !PeekIs(TokenKind::kSubtract)) return ParsePostfix();
    const Token& sign = Take();
    // A sign binds like * and /: -2^2 is -(2^2).
    ExprPtr inner = ParseSigned();
    if (inner->type != ValueType::kScalar && inner->type != ValueType::kVector) {
      FailAt(inner->position,
             std::string("unary expression only allowed on expressions of type scalar or instant vector, got ") +
                 TypeName(inner->type));
    }
    const ValueType type = inner->type;
    const bool negates = sign.kind == TokenKind::kSubtract;
    if (auto* number = std::get_if<NumberLiteral>(&inner->node); number != nullptr && inner->parentheses == 0) {
      if (negates) number->value = -number->value;
      inner->position = sign.position;
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
    return ParseDurationMs(token.text).value_or(0);
  }

  ExprPtr ParseRange(ExprPtr inner) {
    const Token& bracket = Take();
    const Token& range_token = Peek();
    const int64_t range_ms = TakeDuration("a duration");
    if (range_ms <= 0) Fail(range_token, "duration must be greater than 0");
    const size_t position = inner->position;
    if (TakeIf(TokenKind::kColon)) {
      const int64_t step_ms = PeekIs(TokenKind::kDuration) ? TakeDuration("a duration") : 0;
      Expect(TokenKind::kRightBracket, "\"]\" after the sub-query");
      ExpectType(*inner, ValueType::kVector, "subquery");
      return MakeExpr(Subquery{std::move(inner), range_ms, step_ms, {}}, ValueType::kMatrix, position);
    }
    Expect(TokenKind::kRightBracket, "\"]\" after the range");
    auto* selector = std::get_if<VectorSelector>(&inner->node);
    if (selector == nullptr || inner->parentheses > 0) Fail(bracket, "ranges only allowed for vector selectors");
    if (selector->shift.offset_ms != 0 || selector->shift.anchor != TimeShift::Anchor::kNone) {
      Fail(bracket, "no offset or @ modifiers allowed before range");
    }
    return MakeExpr(MatrixSelector{std::move(*selector), range_ms}, ValueType::kMatrix, position);
  }

  /// The time shift of a selector or sub-query. \throw ParseError for anything else.
  TimeShift& ShiftOf(Expr& expr, const Token& modifier) const {
    if (expr.parentheses == 0) {
      if (auto* selector = std::get_if<VectorSelector>(&expr.node)) return selector->shift;
      if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return matrix->selector.shift;
      if (auto* subquery = std::get_if<Subquery>(&expr.node)) return subquery->shift;
    }
    Fail(
        modifier,
        "offset and @ modifiers must be preceded by an instant vector selector, a range vector selector or a subquery");
  }

  void ParseOffset(Expr& expr) {
    const Token& keyword = Take();
    const bool negative = PeekIs(TokenKind::kSubtract);
    if (negative || PeekIs(TokenKind::kAdd)) Take();
    const int64_t offset_ms = TakeDuration("a duration after offset");
    TimeShift& shift = ShiftOf(expr, keyword);
    if (shift.offset_ms != 0) Fail(keyword, "offset may not be set multiple times");
    shift.offset_ms = negative ? -offset_ms : offset_ms;
  }

  void ParseAt(Expr& expr) {
    const Token& at = Take();
    TimeShift& shift = ShiftOf(expr, at);
    if (shift.anchor != TimeShift::Anchor::kNone) Fail(at, "@ <timestamp> may not be set multiple times");
    if (PeekWord("start") || PeekWord("end")) {
      shift.anchor = Lower(Take().text) == "start" ? TimeShift::Anchor::kStart : TimeShift::Anchor::kEnd;
      Expect(TokenKind::kLeftParen, "\"(\"");
      Expect(TokenKind::kRightParen, "\")\"");
      return;
    }
    const bool negative = PeekIs(TokenKind::kSubtract);
    if (negative || PeekIs(TokenKind::kAdd)) Take();
    if (!PeekIs(TokenKind::kNumber)) Unexpected("a timestamp after @");
    const Token& number = Take();
    const double seconds = ParseFloat(number.text).value_or(NAN);
    if (!(std::fabs(seconds) < 9.2e15)) Fail(number, "timestamp out of bounds for @ modifier");
    shift.anchor = TimeShift::Anchor::kTimestamp;
    shift.at_ms = static_cast<int64_t>(std::round((negative ? -seconds : seconds) * 1000));
  }

  ExprPtr ParsePrimary() {
    const Token& token = Peek();
    switch (token.kind) {
      case TokenKind::kNumber: {
        Take();
        const std::optional<double> value = ParseFloat(token.text);
        if (!value) Fail(token, "bad number: \"" + token.text + "\"");
        return MakeExpr(NumberLiteral{*value}, ValueType::kScalar, token.position);
      }
      case TokenKind::kString:
        Take();
        return MakeExpr(StringLiteral{token.text}, ValueType::kString, token.position);
      case TokenKind::kLeftParen: {
        Take();
        ExprPtr inner = ParseBinary(1);
        Expect(TokenKind::kRightParen, "\")\"");
        ++inner->parentheses;
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
    return MakeExpr(ParseVectorSelector(), ValueType::kVector, position);
  }

  ExprPtr ParseWord() {
    const Token& word = Peek();
    const std::string lower = Lower(word.text);
    const Token& after = Peek(1);
    const bool opens_call = after.kind == TokenKind::kLeftParen;
    const bool grouped =
        after.kind == TokenKind::kIdentifier && (Lower(after.text) == "by" || Lower(after.text) == "without");
    if (const auto op = AggregateFromName(word.text); op && (opens_call || grouped)) return ParseAggregate(*op);
    if (opens_call) return ParseCall();
    if (lower == "inf" || lower == "nan") {
      Take();
      return MakeExpr(NumberLiteral{*ParseFloat(word.text)}, ValueType::kScalar, word.position);
    }
    // The other keywords may be names of metrics.
    constexpr std::array<std::string_view, 6> kReserved{"on", "ignoring", "group_left", "group_right", "bool", "atan2"};
    if (std::ranges::find(kReserved, lower) != kReserved.end()) Unexpected("an expression");
    return MakeSelector();
  }

  ExprPtr ParseCall() {
    const Token& name = Take();
    const Function* function = FindFunction(name.text);
    if (function == nullptr) Fail(name, "unknown function with name \"" + name.text + "\"");
    Call call{function, ParseArguments()};
    const size_t count = call.arguments.size();
    const size_t max = function->parameters.size();
    if (count < function->min_arguments || (!function->variadic && count > max)) {
      const std::string wanted = function->min_arguments == max && !function->variadic ? std::to_string(max)
                                 : count < function->min_arguments
                                     ? "at least " + std::to_string(function->min_arguments)
                                     : "at most " + std::to_string(max);
      Fail(name, "expected " + wanted + " argument(s) in call to \"" + name.text + "\", got " + std::to_string(count));
    }
    for (size_t i = 0; i < count; ++i) {
      ExpectType(*call.arguments[i], function->parameters[std::min(i, max - 1)],
                 "call to function \"" + name.text + "\"");
    }
    return MakeExpr(std::move(call), function->result, name.position);
  }

  std::vector<ExprPtr> ParseArguments() {
    std::vector<ExprPtr> arguments;
    Expect(TokenKind::kLeftParen, "\"(\"");
    if (TakeIf(TokenKind::kRightParen)) return arguments;
    while (true) {
      arguments.push_back(ParseBinary(1));
      if (TakeIf(TokenKind::kRightParen)) return arguments;
      Expect(TokenKind::kComma, "\",\" or \")\"");
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
    ExpectType(*aggregate.inner, ValueType::kVector, "aggregation expression");
    if (HasParameter(op)) {
      aggregate.parameter = std::move(arguments.front());
      ExpectType(*aggregate.parameter, op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar,
                 "aggregation parameter");
    }
    return MakeExpr(std::move(aggregate), ValueType::kVector, name.position);
  }

  bool ParseGrouping(Aggregate& aggregate) {
    if (!PeekWord("by") && !PeekWord("without")) return false;
    aggregate.without = Lower(Take().text) == "without";
    aggregate.grouping = ParseLabelList();
    return true;
  }

  std::vector<std::string> ParseLabelList() {
    std::vector<std::string> labels;
    Expect(TokenKind::kLeftParen, "\"(\" and label names");
    while (!TakeIf(TokenKind::kRightParen)) {
      if (!PeekIs(TokenKind::kIdentifier)) Unexpected("a label name or \")\"");
      labels.push_back(Take().text);
      if (!PeekIs(TokenKind::kRightParen)) Expect(TokenKind::kComma, "\",\" or \")\"");
    }
    return labels;
  }

  VectorSelector ParseVectorSelector() {
    VectorSelector selector;
    const Token& first = Peek();
    std::string metric;
    if (PeekIs(TokenKind::kIdentifier) || PeekIs(TokenKind::kMetricName)) metric = Take().text;
    if (TakeIf(TokenKind::kLeftBrace)) {
      while (!TakeIf(TokenKind::kRightBrace)) {
        selector.matchers.push_back(ParseMatcher(metric));
        if (!PeekIs(TokenKind::kRightBrace)) Expect(TokenKind::kComma, "\",\" or \"}\"");
      }
    } else if (metric.empty()) {
      Unexpected("a metric name or \"{\"");
    }
    selector.name = metric;
    if (!metric.empty())
      selector.matchers.emplace_back(Matcher::Type::kEqual, std::string(storage::kMetricName), metric);
    if (std::ranges::all_of(selector.matchers, [](const Matcher& matcher) { return matcher.MatchesEmpty(); })) {
      Fail(first, "vector selector must contain at least one non-empty matcher");
    }
    return selector;
  }

  Matcher ParseMatcher(const std::string& metric) {
    if (!PeekIs(TokenKind::kIdentifier)) Unexpected("a label name or \"}\"");
    const Token& name = Take();
    Matcher::Type type = Matcher::Type::kEqual;
    switch (Peek().kind) {
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
        Unexpected("a label matching operator (=, !=, =~ or !~)");
    }
    Take();
    if (!PeekIs(TokenKind::kString)) Unexpected("a quoted string");
    const Token& value = Take();
    if (!metric.empty() && name.text == storage::kMetricName)
      Fail(name, "metric name must not be set twice: \"" + metric + "\" or \"" + value.text + "\"");
    try {
      return {type, name.text, value.text};
    } catch (const std::invalid_argument& error) {
      Fail(value, error.what());
    }
  }

  std::string_view query_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
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

std::vector<Matcher> ParseSelector(std::string_view query) { return Parser(Bounded(query)).ParseWholeSelector(); }

}  // namespace tidemark::promql
