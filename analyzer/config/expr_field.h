#pragma once

#include <memory>
#include <string>

#include "analyzer/promql/ast.h"
#include "common/yaml_reader.h"

namespace tidemark::config {

/// A PromQL expression of a YAML file, as text and parsed.
struct ExprField {
  std::string text;
  std::shared_ptr<const promql::Expr> parsed;
};

/// What an expression may give.
enum class ExprResult { kVector, kAny };

/// Parses a field with an expression. \throw ConfigError with the field's place, and for a syntax error also the
/// position in the expression.
ExprField ParseExprField(const YamlValue& value, ExprResult result = ExprResult::kVector);

}  // namespace tidemark::config
