#pragma once

#include <string_view>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/promql/lexer.h"

namespace tidemark::promql {

/// A query longer than this is refused.
inline constexpr size_t kMaxQueryBytes = size_t{64} * 1024;
/// So is one that nests deeper: the parser and the evaluator recurse once a level.
inline constexpr int kMaxDepth = 500;
/// And one with more binary operators.
inline constexpr int kMaxOperators = 2000;

/// Parses and type-checks a PromQL expression. \throw ParseError
ExprPtr ParseExpr(std::string_view query);

/// Parses a series selector such as `up{job="a"}`, the form of match[] parameters. Unlike one in an expression it may
/// select all series and tell the metric's name twice. \throw ParseError
std::vector<storage::Matcher> ParseSelector(std::string_view query);

}  // namespace tidemark::promql
