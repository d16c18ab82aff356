#include "common/http/exchange.h"

#include <optional>
#include <utility>

#include "common/http/gzip.h"
#include "common/http/problem.h"
#include "common/http/url.h"

namespace tidemark::http {
namespace {

/// Others have none, and say nothing of one (RFC 9110, sections 8.6, 15.3.5 and 15.4.5).
bool MayHaveBody(const Response& response) { return response.status != 204 && response.status != 304; }

/// The head of an answer that has the bytes of `response.body` alone, or, without `length`, what becomes of it.
std::string HeadText(const Response& response, std::string_view connection, std::optional<size_t> length) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += StatusPhrase(response.status);
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append("\r\n").append(name).append(": ").append(value);
  };
  if (MayHaveBody(response)) {
    add("Content-Type", response.content_type);
    if (length) add("Content-Length", std::to_string(*length));
  }
  for (const auto& [name, value] : response.headers) add(name, value);
  if (!connection.empty()) add("Connection", connection);
  return head += "\r\n\r\n";
}

}  // namespace

Exchange::Exchange(Router router, WebAccess& access, const Logger& logger)
    : router_(std::move(router)), access_(access), authenticator_(std::make_unique<Authenticator>()), logger_(logger) {}

Response Exchange::Answer(Request& request, const WebConfig& web) const {
  if (!web.users.empty()) {
    std::optional<std::string> user = authenticator_->Check(request.Header("authorization"), web.users);
    if (!user) {
      Response response = Problem(401, "name and password are wrong or missing");
      response.headers.emplace_back("WWW-Authenticate", "Basic");
      return response;
    }
    request.user = std::move(*user);
  }
  // `curl -d` calls JSON a form too; a form begins with the name of a field.
  const bool is_json = request.body.starts_with('{') || request.body.starts_with('[');
  if (!is_json && request.Header("content-type").starts_with("application/x-www-form-urlencoded") &&
      !ParseForm(request.body, request.params)) {
    return Problem(400, "form body has a \"%\" that is not followed by two hexadecimal digits");
  }
  return router_.Route(request);
}

Lane Exchange::LaneOf(const RequestHead& head) const { return router_.LaneOf(head.method, head.RawPath()); }

Exchange::Result Exchange::Run(RequestHead head, std::string body, std::string remote_address,
                               std::shared_ptr<const std::atomic<bool>> client_gone) const {
  const Client client{
      .wants_no_body = head.method == "HEAD", .is_http_1_0 = head.is_http_1_0, .closes = head.ClosesConnection()};
  Request request;
  request.method = std::move(head.method);
  request.raw_path = head.RawPath();
  request.headers = std::move(head.headers);
  request.body = std::move(body);
  request.remote_address = std::move(remote_address);
  request.client_gone = std::move(client_gone);
  const auto web = access_.Current();
  Response response;
  try {
    response = ParseForm(head.Query(), request.params)
                   ? Answer(request, web->config)
                   : Problem(400, "query has a \"%\" that is not followed by two hexadecimal digits");
    Compress(request, response);
  } catch (const std::exception& error) {
    logger_.Error("request handler failed",
                  {{"method", request.method}, {"path", request.raw_path}, {"err", error.what()}});
    response = Problem(500, "the request failed inside the server; its log says why");
  }
  response.headers.insert(response.headers.end(), web->config.headers.begin(), web->config.headers.end());
  return Begin(std::move(response), client);
}

Exchange::Result Exchange::Begin(Response response, const Client& client) const {
  const bool is_events = !response.event_channel.empty();
  const bool has_length = !is_events && !response.rest;
  const bool is_chunked = response.rest && !client.is_http_1_0;
  const bool close = client.closes || !(has_length || is_chunked);
  if (is_chunked) response.headers.emplace_back("Transfer-Encoding", "chunked");
  // Who speaks HTTP/1.0 takes a connection for one that ends, unless told otherwise.
  const std::string_view connection = close ? "close" : client.is_http_1_0 ? "keep-alive" : "";
  Result result{
      .bytes = HeadText(response, connection, has_length ? std::optional(response.body.size()) : std::nullopt),
      .close = close};
  if (client.wants_no_body || !MayHaveBody(response)) return result;
  if (response.rest) {
    Result first =
        Continue(std::make_unique<BodyStream>(std::move(response.body), std::move(response.rest), is_chunked), close);
    first.bytes.insert(0, result.bytes);
    return first;
  }
  // Within the body's memory where that has room, since a body may be large: it is not copied to another.
  response.body.insert(0, result.bytes);
  result.bytes = std::move(response.body);
  result.event_channel = std::move(response.event_channel);
  return result;
}

Exchange::Result Exchange::Continue(std::unique_ptr<BodyStream> rest, bool close) const {
  try {
    Result result{.bytes = rest->Next(), .close = close};
    if (!rest->ended()) result.rest = std::move(rest);
    return result;
  } catch (const std::exception& error) {
    // A body that ends without its end tells the client that it is not whole.
    logger_.Error("answer broke off", {{"err", error.what()}});
    return {.bytes = "", .close = true};
  }
}

std::string Exchange::ErrorAnswer(int status, const std::string& detail) {
  const Response problem = Problem(status, detail);
  return HeadText(problem, "close", problem.body.size()) + problem.body;
}

}  // namespace tidemark::http
