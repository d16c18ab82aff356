#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// The bytes that base64 (RFC 4648, section 4) stands for; empty optional when it is none, or of no bytes.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace tidemark
