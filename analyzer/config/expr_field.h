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

/// Parses a field whose expression gives an instant vector, or also a scalar when `scalar_too`.
/// \throw ConfigError with the field's place, and for a syntax error also the position in the expression.
ExprField ParseExprField(const YamlValue& value, bool scalar_too = false);

}  // namespace tidemark::config
