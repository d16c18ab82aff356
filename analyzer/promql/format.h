#pragma once

#include <string>

#include "analyzer/promql/ast.h"

namespace tidemark::promql {

/// The expression in canonical form: ParseExpr reads it back as the same. As Prometheus's Expr.String writes it.
std::string Format(const Expr& expr);

/// The same in lines of at most 100 characters where that is possible, indented by two blanks a level. As Prometheus's
/// Prettify.
std::string FormatInLines(const Expr& expr);

}  // namespace tidemark::promql
