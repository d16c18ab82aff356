#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tidemark::api {

using nlohmann::ordered_json;

/// A 200 answer with a JSON body; bytes that are no UTF-8 become U+FFFD.
http::Response JsonResponse(const ordered_json& body, int status = 200);

/// A request body as JSON, or the problem answer that says what is wrong with it: not JSON (with the byte), nested
/// deeper than 32 levels, not UTF-8, or sent as another type.
struct JsonBody {
  nlohmann::json value;
  std::optional<http::Response> problem;
};
JsonBody ParseJsonBody(const http::Request& request);

/// Labels as a JSON object.
template <typename Pairs>
ordered_json LabelsJson(const Pairs& labels) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return object;
}

}  // namespace tidemark::api
