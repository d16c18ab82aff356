#pragma once

#include <string_view>

namespace tidemark {

/// `text` without spaces, tabs and line ends on both sides.
std::string_view Trim(std::string_view text);

/// Equality of ASCII text in any case, as header names and the words Inf and NaN compare.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace tidemark
