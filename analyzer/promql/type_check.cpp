#include "analyzer/promql/type_check.h"

#include <algorithm>
#include <string>

#include "analyzer/promql/functions.h"
#include "analyzer/promql/lexer.h"

namespace tidemark::promql {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view query) : query_(query) {}

  void Check(const Expr& expr) const {
    std::visit([&](const auto& node) { CheckNode(node, expr); }, expr.node);
  }

 private:
  void CheckNode(const NumberLiteral& /*node*/, const Expr& /*expr*/) const {}
  void CheckNode(const StringLiteral& /*node*/, const Expr& /*expr*/) const {}
  void CheckNode(const VectorSelector& node, const Expr& expr) const { CheckSelector(node, expr.position); }
  void CheckNode(const MatrixSelector& node, const Expr& expr) const { CheckSelector(node.selector, expr.position); }

  void CheckNode(const Subquery& node, const Expr& expr) const {
    Check(*node.inner);
    if (node.inner->type != ValueType::kVector)
      Fail(expr.position, std::string("subquery is only allowed on instant vector, got ") + TypeName(node.inner->type));
  }

  void CheckNode(const Unary& node, const Expr& expr) const {
    Check(*node.inner);
    if (!IsScalarOrVector(node.inner->type)) {
      Fail(expr.position,
           std::string("unary expression only allowed on expressions of type scalar or instant vector, got ") +
               TypeName(node.inner->type));
    }
  }

  void CheckNode(const Aggregate& node, const Expr& /*expr*/) const {
    Expect(*node.inner, ValueType::kVector, "aggregation expression");
    if (node.parameter) {
      Expect(*node.parameter, node.op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar,
             "aggregation parameter");
    }
  }

  void CheckNode(const Call& node, const Expr& expr) const {
    const Function& function = *node.function;
    const size_t count = node.arguments.size();
    const size_t max = function.parameters.size();
    if (count < function.min_arguments || (!function.variadic && count > max)) {
      const std::string wanted = function.min_arguments == max && !function.variadic ? std::to_string(max)
                                 : count < function.min_arguments ? "at least " + std::to_string(function.min_arguments)
                                                                  : "at most " + std::to_string(max);
      Fail(expr.position,
           "expected " + wanted + " argument(s) in call to \"" + function.name + "\", got " + std::to_string(count));
    }
    for (size_t i = 0; i < count; ++i) {
      Expect(*node.arguments[i], function.parameters[std::min(i, max - 1)],
             std::string("call to function \"") + function.name + "\"");
    }
  }

  void CheckNode(const Binary& node, const Expr& expr) const {
    const Expr& left = *node.left;
    const Expr& right = *node.right;
    Check(left);
    Check(right);
    const bool both_scalars = left.type == ValueType::kScalar && right.type == ValueType::kScalar;
    if (node.return_bool && !IsComparison(node.op))
      Fail(node.op_position, "bool modifier can only be used on comparison operators");
    if (both_scalars && IsComparison(node.op) && !node.return_bool)
      Fail(node.op_position, "comparisons between scalars must use BOOL modifier");
    if (node.matching.on) CheckIncluded(node);
    for (const Expr* side : {&left, &right}) {
      if (!IsScalarOrVector(side->type))
        Fail(side->begin, "binary expression must contain only scalar and instant vector types");
    }
    CheckMatching(node, expr);
  }

  [[noreturn]] void Fail(size_t position, const std::string& message) const {
    throw ParseError(query_, position, message);
  }

  void CheckSelector(const VectorSelector& selector, size_t position) const {
    const std::vector<storage::Matcher>& matchers = selector.matchers;
    if (selector.name.empty()) {
      if (std::ranges::all_of(matchers, &storage::Matcher::MatchesEmpty))
        Fail(position, "vector selector must contain at least one non-empty matcher");
      return;
    }
    // The last one is that of the name before the braces.
    for (size_t i = 0; i + 1 < matchers.size(); ++i) {
      if (matchers[i].name() == storage::kMetricName) {
        Fail(position,
             "metric name must not be set twice: \"" + selector.name + "\" or \"" + matchers[i].value() + "\"");
      }
    }
  }

  void Expect(const Expr& expr, ValueType wanted, const std::string& where) const {
    Check(expr);
    if (expr.type != wanted) {
      Fail(expr.begin,
           std::string("expected type ") + TypeName(wanted) + " in " + where + ", got " + TypeName(expr.type));
    }
  }

  void CheckIncluded(const Binary& node) const {
    for (const std::string& label : node.matching.labels) {
      if (std::ranges::find(node.matching.include, label) != node.matching.include.end())
        Fail(node.op_position, "label \"" + label + "\" must not occur in ON and GROUP clause at once");
    }
  }

  void CheckMatching(const Binary& node, const Expr& expr) const {
    using Cardinality = VectorMatching::Cardinality;
    const bool both_vectors = node.left->type == ValueType::kVector && node.right->type == ValueType::kVector;
    const bool is_grouped =
        node.matching.cardinality == Cardinality::kManyToOne || node.matching.cardinality == Cardinality::kOneToMany;
    if (!both_vectors && !node.matching.labels.empty())
      Fail(expr.position, "vector matching only allowed between instant vectors");
    if (both_vectors && IsSetOperator(node.op) && is_grouped)
      Fail(expr.position, std::string("no grouping allowed for \"") + OpText(node.op) + "\" operation");
    if (!both_vectors && IsSetOperator(node.op)) {
      Fail(expr.position,
           std::string("set operator \"") + OpText(node.op) + "\" not allowed in binary scalar expression");
    }
  }

  std::string_view query_;
};

}  // namespace

void CheckTypes(const Expr& expr, std::string_view query) { Checker(query).Check(expr); }

}  // namespace tidemark::promql
