#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "common/timestamp.h"

// Values as our JSON has them: what JSON cannot say is null.

namespace tidemark {

/// On one line; bytes that are no UTF-8 become U+FFFD instead of an exception.
template <typename Json>
std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Null: it is not finite.
inline nlohmann::ordered_json NumberOrNull(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

/// RFC 3339; null: 0, which is no time.
inline nlohmann::ordered_json TimeOrNull(int64_t time_ms) {
  return time_ms == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(FormatRfc3339(time_ms));
}

/// Null: it is empty.
inline nlohmann::ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

}  // namespace tidemark
