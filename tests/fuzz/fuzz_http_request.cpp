// A byte stream on a connection: however it is cut, the framer comes to the same end and keeps its limits, and a framed
// request goes through the whole exchange.

#include <cstdlib>

#include "common/http/exchange.h"
#include "common/http/request_framer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  using State = http::RequestFramer::State;
  static const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  static http::WebAccess access("", logger);
  static const http::Exchange exchange(
      [] {
        http::Router router;
        router.Get("/a/{b}",
                   [](const http::Request& request) { return http::Response{.body = request.path_values[0]}; });
        router.Get("/pieces/{text}", [](const http::Request& request) {
          return http::PiecewiseResponse("text/plain",
                                         [text = request.path_values[0], next = size_t{0}](std::string& out) mutable {
                                           out += text[next++];
                                           return next < text.size();
                                         });
        });
        router.Add("POST", "/", [](const http::Request& request) { return http::Response{.body = request.body}; });
        return router;
      }(),
      access, logger);
  http::Limits limits;
  limits.head_bytes = 2000;
  limits.body_bytes = 1000;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  http::RequestFramer whole(limits);
  whole.Feed(bytes);
  http::RequestFramer single(limits);
  for (size_t i = 0; i < size && (single.state() == State::kHead || single.state() == State::kBody); ++i)
    single.Feed(bytes.substr(i, 1));
  if (whole.state() != single.state() || whole.error_status() != single.error_status()) std::abort();
  if (whole.state() != State::kComplete) return 0;
  std::string body = whole.TakeBody();
  if (body != single.TakeBody() || body.size() > limits.body_bytes) std::abort();
  http::RequestHead head = whole.TakeHead();
  (void)exchange.LaneOf(head);
  http::Exchange::Result result = exchange.Run(std::move(head), std::move(body), "127.0.0.1");
  if (!result.bytes.starts_with("HTTP/1.1 ")) std::abort();
  while (result.rest) {
    result = exchange.Continue(std::move(result.rest), result.close);
    if (result.bytes.empty()) std::abort();
  }
  return 0;
}
