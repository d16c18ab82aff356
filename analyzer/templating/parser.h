#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/templating/ast.h"

namespace tidemark::templating {

/// Parses a template of Go's text/template language. `variables` (with their $) are those it may use without declaring
/// them, `is_function` knows the names of functions. Not taken: methods and complex numbers.
/// \throw TemplateError with the line
TemplateTree ParseTemplate(std::string_view text, const std::vector<std::string>& variables,
                           const std::function<bool(std::string_view)>& is_function);

}  // namespace tidemark::templating
