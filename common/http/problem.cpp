#include "common/http/problem.h"

#include <nlohmann/json.hpp>

#include "common/json_values.h"

namespace tidemark::http {

std::string_view StatusPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Error";
  }
}

Response Problem(int status, std::string_view detail, const std::vector<FieldError>& errors) {
  nlohmann::ordered_json body = {
      {"type", "about:blank"}, {"title", StatusPhrase(status)}, {"status", status}, {"detail", detail}};
  for (const FieldError& error : errors) {
    body["errors"].push_back({{"pointer", error.pointer}, {"detail", error.detail}});
  }
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  // Details may quote what the client sent: bytes that are no UTF-8 become U+FFFD instead of an exception.
  response.body = DumpJson(body) + "\n";
  return response;
}

}  // namespace tidemark::http
