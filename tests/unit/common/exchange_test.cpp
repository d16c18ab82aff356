#include "common/http/exchange.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace tidemark;
using http::RequestHead;

namespace {

/// The answer of a server with a few pages to a request without a body.
http::Exchange::Result Answer(RequestHead head) {
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  static http::WebAccess access("", logger);
  static const http::Exchange exchange(
      [] {
        http::Router router;
        router.Get("/", [](const http::Request&) { return http::Response{.content_type = "a/b", .body = "abc"}; });
        router.Get("/none", [](const http::Request&) { return http::Response{.status = 204, .body = "none"}; });
        router.Get("/same", [](const http::Request&) {
          return http::Response{.status = 304, .headers = {{"ETag", "\"1\""}}};
        });
        router.Get("/throws", [](const http::Request&) -> http::Response { throw std::runtime_error("a secret"); });
        router.Get("/query", [](const http::Request& request) {
          std::string text;
          for (const auto& [name, value] : request.params) text.append(name).append("=").append(value).append(";");
          return http::Response{.content_type = "a/b", .body = text};
        });
        router.Get("/header", [](const http::Request& request) {
          return http::Response{.content_type = "a/b", .body = std::string(request.Header("X-Value"))};
        });
        router.Get("/pieces", [](const http::Request&) {
          return http::PiecewiseResponse("a/b", [count = 0](std::string& out) mutable {
            out = "piece";
            return ++count < 2;
          });
        });
        router.Get("/events", [](const http::Request&) {
          return http::Response{.content_type = "text/event-stream", .body = ": hello\n\n", .event_channel = "news"};
        });
        return router;
      }(),
      access, logger);
  return exchange.Run(std::move(head), "", "127.0.0.1");
}

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("an answer tells its type and length, and the connection stays") {
  const auto result = Answer({.method = "GET", .target = "/"});
  CHECK(result.bytes == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabc");
  CHECK_FALSE(result.close);
}

TEST_CASE("HEAD is told the length of what it does not get") {
  CHECK(Answer({.method = "HEAD", .target = "/"}).bytes ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\n");
  const auto pieces = Answer({.method = "HEAD", .target = "/pieces"});
  CHECK(pieces.bytes == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(pieces.rest == nullptr);
}

TEST_CASE("answers without a body say nothing of one") {
  CHECK(Answer({.method = "GET", .target = "/none"}).bytes ==
        "HTTP/1.1 204 No Content\r\nVary: Accept-Encoding\r\n\r\n");
  CHECK(Answer({.method = "GET", .target = "/same"}).bytes ==
        "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nVary: Accept-Encoding\r\n\r\n");
}

TEST_CASE("a connection ends where the client says so, and in HTTP/1.0 where it does not say otherwise") {
  const auto connection = [](bool is_http_1_0, http::Fields headers) {
    const auto result =
        Answer({.method = "GET", .target = "/", .is_http_1_0 = is_http_1_0, .headers = std::move(headers)});
    CHECK(result.close == Has(result.bytes, "\r\nConnection: close\r\n"));
    CHECK(Has(result.bytes, "\r\nConnection: keep-alive\r\n") == (is_http_1_0 && !result.close));
    return result.close ? "close" : "stay";
  };
  CHECK(connection(false, {{"Connection", "close"}}) == "close");
  CHECK(connection(false, {{"connection", "TE"}, {"CONNECTION", "upgrade , Close"}}) == "close");
  CHECK(connection(false, {{"Connection", "closed"}}) == "stay");
  CHECK(connection(true, {}) == "close");
  CHECK(connection(true, {{"Connection", "Keep-Alive"}}) == "stay");
  CHECK(connection(true, {{"Connection", "keep-alive, close"}}) == "close");
}

TEST_CASE("a body of unknown length comes in chunks, to HTTP/1.0 until the connection ends") {
  auto chunked = Answer({.method = "GET", .target = "/pieces"});
  CHECK(chunked.bytes == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npiece\r\n");
  CHECK_FALSE(chunked.close);
  CHECK(chunked.rest != nullptr);
  auto plain = Answer({.method = "GET", .target = "/pieces", .is_http_1_0 = true});
  CHECK(plain.bytes == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n\r\npiece");
  CHECK(plain.close);
  CHECK(plain.rest != nullptr);
}

TEST_CASE("who listens for events is sent them until the connection ends") {
  const auto result = Answer({.method = "GET", .target = "/events"});
  CHECK(result.bytes == "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hello\n\n");
  CHECK(result.event_channel == "news");
  CHECK(Answer({.method = "HEAD", .target = "/events"}).event_channel.empty());
}

TEST_CASE("handlers get the query decoded and headers as they came") {
  CHECK(Answer({.method = "GET", .target = "/query?a=1%2B1&b=c+d"}).bytes.ends_with("\r\n\r\na=1+1;b=c d;"));
  CHECK(Answer({.method = "GET", .target = "/query"}).bytes.ends_with("Content-Length: 0\r\n\r\n"));
  CHECK(Answer({.method = "GET", .target = "/query?a=%zz"}).bytes.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(Answer({.method = "GET", .target = "/header", .headers = {{"x-value", "%41"}}}).bytes.ends_with("%41"));
}

TEST_CASE("a handler that fails costs its answer, which does not say why") {
  const auto result = Answer({.method = "GET", .target = "/throws"});
  CHECK(result.bytes.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
  CHECK_FALSE(Has(result.bytes, "secret"));
  CHECK_FALSE(result.close);
}

TEST_CASE("ranges are ignored, and methods that a path does not have are told apart from paths that are not there") {
  CHECK(Answer({.method = "GET", .target = "/", .headers = {{"Range", "bytes=9-"}}}).bytes.ends_with("\r\n\r\nabc"));
  const auto brew = Answer({.method = "BREW", .target = "/"});
  CHECK(brew.bytes.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(Has(brew.bytes, "\r\nAllow: GET\r\n"));
  CHECK(Answer({.method = "OPTIONS", .target = "*"}).bytes.starts_with("HTTP/1.1 404 Not Found\r\n"));
}
