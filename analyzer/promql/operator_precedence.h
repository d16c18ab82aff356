#pragma once

#include <optional>

#include "analyzer/promql/ast.h"
#include "analyzer/promql/lexer.h"

namespace tidemark::promql {

struct OperatorInfo {
  BinaryOp op;
  int precedence;  ///< from 1; the higher binds tighter
};

/// A sign binds like * and /.
inline constexpr int kUnaryPrecedence = 5;
inline constexpr int kPowerPrecedence = 6;

/// Operators by binding strength: or < and, unless < comparison < + - < * / % atan2 < ^. Empty when the token is none.
std::optional<OperatorInfo> BinaryOperatorFrom(const Token& token);

}  // namespace tidemark::promql
