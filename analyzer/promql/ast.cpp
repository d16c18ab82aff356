#include "analyzer/promql/ast.h"

namespace tidemark::promql {

const char* TypeName(ValueType type) {
  constexpr const char* kNames[] = {"scalar", "instant vector", "range vector", "string"};
  return kNames[static_cast<int>(type)];
}

bool IsScalarOrVector(ValueType type) { return type == ValueType::kScalar || type == ValueType::kVector; }

const char* OpText(BinaryOp op) {
  constexpr const char* kTexts[] = {
      "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", "<=", ">", ">=", "and", "or", "unless"};
  return kTexts[static_cast<int>(op)];
}

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual; }
bool IsSetOperator(BinaryOp op) { return op >= BinaryOp::kAnd; }

const char* OpText(AggregateOp op) {
  constexpr const char* kTexts[] = {"sum",    "avg",    "min",  "max",     "count",    "group",
                                    "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values"};
  return kTexts[static_cast<int>(op)];
}

}  // namespace tidemark::promql
