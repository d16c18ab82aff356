#pragma once

#include <optional>
#include <string_view>

#include "analyzer/templating/value.h"

namespace tidemark::templating {

struct Literal {
  Value value;
  size_t length;  ///< of its text
};

/// Reads a string ("…" with escapes, `…`), a character ('a', an integer) or a number as Go writes them from the
/// beginning of a text; empty when there is none. \throw TemplateError for a quoted text with a fault
std::optional<Literal> ParseLiteral(std::string_view text);

}  // namespace tidemark::templating
