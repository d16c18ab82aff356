#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tidemark::http {

/// Undoes percent-encoding; with `plus_is_space` also "+". Empty optional: a "%" without two hexadecimal digits.
std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_space);

/// Percent-encodes all but RFC 3986's unreserved characters, for use as one path segment or parameter value.
std::string EncodePercent(std::string_view text);

/// The same with "+" for a space, as Go's url.QueryEscape writes a parameter's value.
std::string EncodeQuery(std::string_view text);

/// Appends the pairs of "a=1&b=2" (a query string or form body) to `fields`. False: an undecodable "%".
bool ParseForm(std::string_view text, Fields& fields);

}  // namespace tidemark::http
