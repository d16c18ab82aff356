#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/labels_json.h"
#include "common/http/message.h"
#include "common/http/problem.h"

namespace tidemark::api {

using nlohmann::ordered_json;

/// A 200 answer with a JSON body; bytes that are no UTF-8 become U+FFFD.
http::Response JsonResponse(const ordered_json& body, int status = 200);

/// The answers to bodies and to parameters that are not usable: what is wrong with which. `what` is "the silence is not
/// valid".
http::Response InvalidBody(const std::string& what, const std::vector<http::FieldError>& errors);
http::Response BadParameters(const std::vector<http::FieldError>& errors);

/// A request body as JSON, or the problem answer that says what is wrong with it: not JSON (with the byte), nested
/// deeper than 32 levels, not UTF-8, or sent as another type.
struct JsonBody {
  nlohmann::json value;
  std::optional<http::Response> problem;
};
JsonBody ParseJsonBody(const http::Request& request);

using storage::LabelsJson;

}  // namespace tidemark::api
