#pragma once

#include <string_view>

#include "analyzer/promql/ast.h"

namespace tidemark::promql {

/// Checks what the grammar leaves open: the types of operands and arguments, how many arguments there are, what vector
/// matching goes with what operator, and selectors. In Prometheus's order, so that of several errors the same one is
/// told. \throw ParseError
void CheckTypes(const Expr& expr, std::string_view query);

}  // namespace tidemark::promql
