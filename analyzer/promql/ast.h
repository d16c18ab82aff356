#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analyzer/storage/matcher.h"

namespace tidemark::promql {

/// Types of PromQL expressions.
enum class ValueType { kScalar, kVector, kMatrix, kString };

/// "scalar", "instant vector", "range vector", "string": as error messages name them.
const char* TypeName(ValueType type);
/// Whether it has values at steps: what operators take, rules and thresholds are of, and range queries answer.
bool IsScalarOrVector(ValueType type);

enum class BinaryOp {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kUnless
};
const char* OpText(BinaryOp op);
bool IsComparison(BinaryOp op);
bool IsSetOperator(BinaryOp op);

enum class AggregateOp {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kCountValues
};
const char* OpText(AggregateOp op);

struct Function;
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral {
  double value;
};

struct StringLiteral {
  std::string value;
};

/// `offset` and `@`, which selectors and sub-queries take.
struct TimeShift {
  enum class Anchor { kNone, kTimestamp, kStart, kEnd } anchor = Anchor::kNone;
  int64_t at_ms = 0;  ///< with kTimestamp
  int64_t offset_ms = 0;
};

struct VectorSelector {
  std::string name;                        ///< the metric's, where it stands before the braces
  std::vector<storage::Matcher> matchers;  ///< with that of the name, as the last
  TimeShift shift;
};

struct MatrixSelector {
  VectorSelector selector;
  int64_t range_ms = 0;
};

struct Subquery {
  ExprPtr inner;
  int64_t range_ms = 0;
  int64_t step_ms = 0;  ///< 0: the default resolution
  TimeShift shift;
};

struct Call {
  const Function* function;
  std::vector<ExprPtr> arguments;
};

struct Aggregate {
  AggregateOp op;
  ExprPtr inner;
  ExprPtr parameter;  ///< of topk, bottomk, quantile, count_values
  std::vector<std::string> grouping;
  bool without = false;
};

/// How the series of two vectors find each other.
struct VectorMatching {
  enum class Cardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany } cardinality = Cardinality::kOneToOne;
  bool on = false;  ///< `labels` are those of on(); else those of ignoring()
  std::vector<std::string> labels;
  std::vector<std::string> include;  ///< of group_left or group_right
};

struct Binary {
  BinaryOp op;
  ExprPtr left;
  ExprPtr right;
  bool return_bool = false;
  VectorMatching matching;
  size_t op_position = 0;  ///< byte offset in the query
};

struct Unary {
  ExprPtr inner;
  bool negates;  ///< else it is a plus, which changes nothing
};

/// One node of a parsed expression. Immutable after parsing; any thread may read.
struct Expr {
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call, Aggregate, Binary, Unary>
      node;
  ValueType type = ValueType::kScalar;
  size_t position = 0;  ///< byte offset in the query
  size_t begin = 0;     ///< the same, with its parentheses
  int parentheses = 0;  ///< how many pairs of them are around it
};

/// Calls `visit` with every selector in the expression and the range it reads over (0 for an instant selector).
template <typename F>
void ForEachSelector(const Expr& expr, F&& visit) {
  if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) visit(*selector, int64_t{0});
  if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) visit(matrix->selector, matrix->range_ms);
  if (const auto* subquery = std::get_if<Subquery>(&expr.node)) ForEachSelector(*subquery->inner, visit);
  if (const auto* unary = std::get_if<Unary>(&expr.node)) ForEachSelector(*unary->inner, visit);
  if (const auto* call = std::get_if<Call>(&expr.node)) {
    for (const ExprPtr& argument : call->arguments) ForEachSelector(*argument, visit);
  }
  if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    ForEachSelector(*aggregate->inner, visit);
    if (aggregate->parameter) ForEachSelector(*aggregate->parameter, visit);
  }
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    ForEachSelector(*binary->left, visit);
    ForEachSelector(*binary->right, visit);
  }
}

}  // namespace tidemark::promql
