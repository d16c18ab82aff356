#include "analyzer/promql/format.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "analyzer/promql/functions.h"
#include "common/duration.h"
#include "common/go_string.h"
#include "common/number_format.h"

namespace tidemark::promql {
namespace {

constexpr size_t kMaxLineBytes = 100;

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string ShiftText(const TimeShift& shift) {
  std::string text;
  if (shift.anchor == TimeShift::Anchor::kStart) text = " @ start()";
  if (shift.anchor == TimeShift::Anchor::kEnd) text = " @ end()";
  if (shift.anchor == TimeShift::Anchor::kTimestamp) {
    std::array<char, 48> number;
    std::snprintf(number.data(), number.size(), " @ %.3f", static_cast<double>(shift.at_ms) / 1000);
    text = number.data();
  }
  if (shift.offset_ms > 0) text += " offset " + FormatDurationMs(shift.offset_ms);
  if (shift.offset_ms < 0) text += " offset -" + FormatDurationMs(-shift.offset_ms);
  return text;
}

std::string SelectorText(const VectorSelector& selector) {
  constexpr std::array<const char*, 4> kOperators{"=", "!=", "=~", "!~"};
  std::string matchers;
  for (const storage::Matcher& matcher : selector.matchers) {
    const bool is_name = matcher.name() == storage::kMetricName && !selector.name.empty() &&
                         matcher.type() == storage::Matcher::Type::kEqual && matcher.value() == selector.name;
    if (is_name) continue;
    if (!matchers.empty()) matchers += ',';
    matchers += matcher.name() + kOperators[static_cast<size_t>(matcher.type())] + QuoteGo(matcher.value());
  }
  return matchers.empty() ? selector.name : selector.name + '{' + matchers + '}';
}

std::string SubqueryText(const Subquery& node) {
  const std::string step = node.step_ms > 0 ? FormatDurationMs(node.step_ms) : "";
  return '[' + FormatDurationMs(node.range_ms) + ':' + step + ']' + ShiftText(node.shift);
}

/// "sum by (a, b) "
std::string AggregateHead(const Aggregate& node) {
  std::string text = OpText(node.op);
  if (node.without) {
    text += " without (" + Joined(node.grouping) + ") ";
  } else if (!node.grouping.empty()) {
    text += " by (" + Joined(node.grouping) + ") ";
  }
  return text;
}

/// "+ on (a) group_left (b)"
std::string BinaryHead(const Binary& node) {
  std::string text = OpText(node.op);
  if (node.return_bool) text += " bool";
  const VectorMatching& matching = node.matching;
  using Cardinality = VectorMatching::Cardinality;
  const bool is_grouped =
      matching.cardinality == Cardinality::kManyToOne || matching.cardinality == Cardinality::kOneToMany;
  if (matching.on || !matching.labels.empty() || is_grouped)
    text += (matching.on ? " on (" : " ignoring (") + Joined(matching.labels) + ')';
  if (is_grouped) {
    text += matching.cardinality == Cardinality::kManyToOne ? " group_left (" : " group_right (";
    text += Joined(matching.include) + ')';
  }
  return text;
}

/// Writes one node, its parts by calling itself.
class Formatter {
 public:
  /// The node without the parentheses around it.
  std::string operator()(const NumberLiteral& node) const {
    std::string text;
    AppendGoFloat(text, node.value);
    return text;
  }
  std::string operator()(const StringLiteral& node) const { return QuoteGo(node.value); }
  std::string operator()(const VectorSelector& node) const { return SelectorText(node) + ShiftText(node.shift); }
  std::string operator()(const MatrixSelector& node) const {
    return SelectorText(node.selector) + '[' + FormatDurationMs(node.range_ms) + ']' + ShiftText(node.selector.shift);
  }
  std::string operator()(const Subquery& node) const { return Format(*node.inner) + SubqueryText(node); }
  std::string operator()(const Call& node) const {
    std::string arguments;
    for (const ExprPtr& argument : node.arguments) {
      if (!arguments.empty()) arguments += ", ";
      arguments += Format(*argument);
    }
    return std::string(node.function->name) + '(' + arguments + ')';
  }
  std::string operator()(const Aggregate& node) const {
    const std::string parameter = node.parameter ? Format(*node.parameter) + ", " : "";
    return AggregateHead(node) + '(' + parameter + Format(*node.inner) + ')';
  }
  std::string operator()(const Binary& node) const {
    return Format(*node.left) + ' ' + BinaryHead(node) + ' ' + Format(*node.right);
  }
  std::string operator()(const Unary& node) const { return (node.negates ? '-' : '+') + Format(*node.inner); }
};

std::string Indent(int level) { return std::string(2 * static_cast<size_t>(level), ' '); }

std::string InLines(const Expr& expr, int parentheses, int level);

/// Writes one node that is too long for a line.
struct LineFormatter {
  int level;

  [[nodiscard]] std::string Part(const Expr& expr, int deeper) const {
    return InLines(expr, expr.parentheses, level + deeper);
  }
  std::string operator()(const Subquery& node) const { return Part(*node.inner, 0) + SubqueryText(node); }
  std::string operator()(const Call& node) const {
    std::string arguments;
    for (const ExprPtr& argument : node.arguments) {
      if (!arguments.empty()) arguments += ",\n";
      arguments += Part(*argument, 1);
    }
    return Indent(level) + node.function->name + "(\n" + arguments + '\n' + Indent(level) + ')';
  }
  std::string operator()(const Aggregate& node) const {
    const std::string parameter = node.parameter ? Part(*node.parameter, 1) + ",\n" : "";
    return Indent(level) + AggregateHead(node) + "(\n" + parameter + Part(*node.inner, 1) + '\n' + Indent(level) + ')';
  }
  std::string operator()(const Binary& node) const {
    return Part(*node.left, 1) + '\n' + Indent(level) + BinaryHead(node) + '\n' + Part(*node.right, 1);
  }
  std::string operator()(const Unary& node) const {
    const std::string part = Part(*node.inner, 0);
    return Indent(level) + (node.negates ? '-' : '+') + part.substr(part.find_first_not_of(' '));
  }
  /// What cannot be split.
  template <typename Node>
  std::string operator()(const Node& node) const {
    return Indent(level) + Formatter()(node);
  }
};

std::string InParentheses(std::string text, int parentheses) {
  const auto count = static_cast<size_t>(parentheses);
  return std::string(count, '(') + std::move(text) + std::string(count, ')');
}

/// `parentheses`: how many of those around the expression belong to it here.
std::string InLines(const Expr& expr, int parentheses, int level) {
  std::string line = InParentheses(std::visit(Formatter(), expr.node), parentheses);
  if (line.size() <= kMaxLineBytes) {
    // Prometheus does not indent these.
    const bool is_bare_subquery = parentheses == 0 && std::holds_alternative<Subquery>(expr.node);
    return is_bare_subquery ? line : Indent(level) + line;
  }
  if (parentheses > 0) {
    return Indent(level) + "(\n" + InLines(expr, parentheses - 1, level + 1) + '\n' + Indent(level) + ')';
  }
  return std::visit(LineFormatter{level}, expr.node);
}

}  // namespace

std::string Format(const Expr& expr) { return InParentheses(std::visit(Formatter(), expr.node), expr.parentheses); }

std::string FormatInLines(const Expr& expr) { return InLines(expr, expr.parentheses, 0); }

}  // namespace tidemark::promql
