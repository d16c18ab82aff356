#include "analyzer/config/expr_field.h"

#include "analyzer/promql/parser.h"

namespace tidemark::config {

ExprField ParseExprField(const YamlValue& value, ExprResult result) {
  ExprField field{value.String(), nullptr};
  try {
    field.parsed = promql::ParseExpr(field.text);
  } catch (const promql::ParseError& error) {
    value.Fail(error.what());
  }
  const promql::ValueType type = field.parsed->type;
  if (type != promql::ValueType::kVector && result == ExprResult::kVector)
    value.Fail(std::string("must be an instant vector, not a ") + promql::TypeName(type));
  return field;
}

}  // namespace tidemark::config
