#include "analyzer/api/json_body.h"

#include "common/http/problem.h"
#include "common/json_values.h"

namespace tidemark::api {
namespace {

constexpr int kMaxJsonDepth = 32;

/// Brackets open at once at most, outside strings. Counted before parsing, so that depth costs nothing.
int JsonDepth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

http::Response JsonResponse(const ordered_json& body, int status) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = DumpJson(body) + "\n";
  return response;
}

http::Response InvalidBody(const std::string& what, const std::vector<http::FieldError>& errors) {
  return http::Problem(422, what + ": " + errors.front().pointer + " " + errors.front().detail, errors);
}

http::Response BadParameters(const std::vector<http::FieldError>& errors) {
  return http::Problem(400, "the parameters are not usable", errors);
}

JsonBody ParseJsonBody(const http::Request& request) {
  JsonBody body;
  const std::string_view type = request.Header("content-type");
  if (!type.empty() && type.find("json") == std::string_view::npos &&
      !type.starts_with("application/x-www-form-urlencoded")) {
    body.problem =
        http::Problem(415, "the body must be JSON: send Content-Type: application/json", {{"", "is not sent as JSON"}});
    return body;
  }
  if (JsonDepth(request.body) > kMaxJsonDepth) {
    body.problem = http::Problem(400, "the body is not usable",
                                 {{"", "JSON is nested more than " + std::to_string(kMaxJsonDepth) + " levels deep"}});
    return body;
  }
  try {
    body.value = nlohmann::json::parse(request.body);
  } catch (const nlohmann::json::parse_error& error) {
    body.problem =
        http::Problem(400, "the body is not JSON", {{"", "syntax error at byte " + std::to_string(error.byte)}});
  } catch (const nlohmann::json::out_of_range&) {
    body.problem = http::Problem(400, "the body is not usable", {{"", "a number is too large for a 64-bit float"}});
  }
  return body;
}

}  // namespace tidemark::api
