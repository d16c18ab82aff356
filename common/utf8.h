#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool IsValidUtf8(std::string_view text);

/// Length of the well-formed sequence at the start of a text that is not empty, or 0.
size_t SequenceLength(std::string_view text);

/// Appends `text` as a JSON string with its quotes. Malformed UTF-8 becomes U+FFFD, so the output is always valid JSON.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace tidemark
