#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/templating/value.h"

namespace tidemark::templating {

/// Go's fmt.Sprintf: verbs %v %s %q %d %b %o %x %X %c %U %t %T %e %E %f %F %g %G %% (not %b and %o of a float, nor a
/// precision of %x), flags + - # 0 and space, width,
/// precision, both also as *, and argument indexes. What does not fit is shown in the text, as there: %!d(string=x).
/// Source: https://pkg.go.dev/fmt. \throw TemplateError for a width or precision past 1000
std::string FormatGo(std::string_view format, const std::vector<Value>& arguments);

/// A number as Go's strconv.FormatFloat prints it with verb e, f or g; +Inf, -Inf, NaN.
/// \param precision below 0: the shortest text that reads back
std::string FormatFloat(double value, char verb, int precision);

}  // namespace tidemark::templating
