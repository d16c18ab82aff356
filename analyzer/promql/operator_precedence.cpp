#include "analyzer/promql/operator_precedence.h"

#include <string_view>

#include "common/text.h"

namespace tidemark::promql {

std::optional<OperatorInfo> BinaryOperatorFrom(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEqual:
      return OperatorInfo{BinaryOp::kEqual, 3};
    case TokenKind::kNotEqual:
      return OperatorInfo{BinaryOp::kNotEqual, 3};
    case TokenKind::kLess:
      return OperatorInfo{BinaryOp::kLess, 3};
    case TokenKind::kLessOrEqual:
      return OperatorInfo{BinaryOp::kLessOrEqual, 3};
    case TokenKind::kGreater:
      return OperatorInfo{BinaryOp::kGreater, 3};
    case TokenKind::kGreaterOrEqual:
      return OperatorInfo{BinaryOp::kGreaterOrEqual, 3};
    case TokenKind::kAdd:
      return OperatorInfo{BinaryOp::kAdd, 4};
    case TokenKind::kSubtract:
      return OperatorInfo{BinaryOp::kSubtract, 4};
    case TokenKind::kMultiply:
      return OperatorInfo{BinaryOp::kMultiply, 5};
    case TokenKind::kDivide:
      return OperatorInfo{BinaryOp::kDivide, 5};
    case TokenKind::kModulo:
      return OperatorInfo{BinaryOp::kModulo, 5};
    case TokenKind::kPower:
      return OperatorInfo{BinaryOp::kPower, kPowerPrecedence};
    case TokenKind::kIdentifier: {
      const auto is = [&](std::string_view word) { return EqualsIgnoreCase(token.text, word); };
      if (is("or")) return OperatorInfo{BinaryOp::kOr, 1};
      if (is("and")) return OperatorInfo{BinaryOp::kAnd, 2};
      if (is("unless")) return OperatorInfo{BinaryOp::kUnless, 2};
      if (is("atan2")) return OperatorInfo{BinaryOp::kAtan2, 5};
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace tidemark::promql
