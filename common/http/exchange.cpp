#include "common/http/exchange.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/http/gzip.h"
#include "common/http/problem.h"
#include "common/http/url.h"

namespace tidemark::http {
namespace {

/// The head to read from, and the answer that collects.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view input, std::string& output) : input_(input), output_(output) {}

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* data, size_t size) override {
    const size_t count = std::min(size, input_.size());
    std::memcpy(data, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* data, size_t size) override {
    output_.append(data, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view input_;
  std::string& output_;
};

/// The word at the beginning of `text`, which loses it. Blanks before it count for nothing, as with cpp-httplib.
std::string_view TakeWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \r\n"));
  text.remove_prefix(word.size());
  return word;
}

/// Such an answer is not httplib's to write, who wants to know how long it is.
bool HasNoLength(const Response& response) { return response.rest || !response.event_channel.empty(); }

std::string HeadText(const Response& response, bool close) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += StatusPhrase(response.status);
  head += "\r\nContent-Type: " + response.content_type;
  for (const auto& [name, value] : response.headers) head.append("\r\n").append(name).append(": ").append(value);
  if (close) head += "\r\nConnection: close";
  return head + "\r\n\r\n";
}

}  // namespace

/// Gives access to the protected request cycle of cpp-httplib, with routing taken over whole: its regular-expression
/// routes recurse once per character of a path that a stranger chose.
class Exchange::HttplibServer final : public httplib::Server {
 public:
  HttplibServer() {
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      current_->respond(request, response);
      return HandlerResponse::Handled;
    });
    set_error_handler(HandlerWithResponse([](const httplib::Request&, httplib::Response& response) -> HandlerResponse {
      if (!response.body.empty()) return HandlerResponse::Unhandled;
      const Response problem = Problem(response.status, "the request head could not be read");
      response.set_content(problem.body, problem.content_type);
      return HandlerResponse::Handled;
    }));
  }

  struct Call {
    std::function<void(const httplib::Request&, httplib::Response&)> respond;
  };

  void Process(httplib::Stream& stream, bool& close, Call& call) {
    current_ = &call;
    process_request(stream, /*close_connection=*/false, close, nullptr);
    current_ = nullptr;
  }

 private:
  // process_request runs handlers on the calling thread and passes them nothing of ours.
  static thread_local Call* current_;
};

thread_local Exchange::HttplibServer::Call* Exchange::HttplibServer::current_ = nullptr;

Exchange::Exchange(Router router, WebAccess& access, const Logger& logger)
    : router_(std::move(router)),
      access_(access),
      authenticator_(std::make_unique<Authenticator>()),
      logger_(logger),
      httplib_(std::make_unique<HttplibServer>()) {}
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange::~Exchange() = default;

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
  try {
    return router_.Route(request);
  } catch (const std::exception& error) {
    logger_.Error("request handler failed",
                  {{"method", request.method}, {"path", request.raw_path}, {"err", error.what()}});
    return Problem(500, "the request failed inside the server; its log says why");
  }
}

Lane Exchange::LaneOf(std::string_view head) const {
  // METHOD SP target SP version (RFC 9112, section 3), of which Run will say what is wrong.
  const std::string_view method = TakeWord(head);
  const std::string_view target = TakeWord(head);
  return router_.LaneOf(method, target.substr(0, target.find('?')));
}

Exchange::Result Exchange::Run(const std::string& head, std::string body, std::string remote_address,
                               std::shared_ptr<const std::atomic<bool>> client_gone) const {
  Result result;
  Response response;
  Client client;
  HttplibServer::Call call;
  call.respond = [&](const httplib::Request& incoming, httplib::Response& outgoing) {
    Request request;
    request.method = incoming.method;
    request.raw_path = incoming.target.substr(0, incoming.target.find('?'));
    request.body = std::move(body);
    request.remote_address = std::move(remote_address);
    request.client_gone = std::move(client_gone);
    for (const auto& [name, value] : incoming.headers) request.headers.emplace_back(name, value);
    const size_t query = incoming.target.find('?');
    const auto web = access_.Current();
    if (query != std::string::npos && !ParseForm(std::string_view(incoming.target).substr(query + 1), request.params)) {
      response = Problem(400, "query has a \"%\" that is not followed by two hexadecimal digits");
    } else {
      response = Answer(request, web->config);
    }
    Compress(request, response);
    response.headers.insert(response.headers.end(), web->config.headers.begin(), web->config.headers.end());
    client = {.wants_no_body = incoming.method == "HEAD", .knows_chunks = incoming.version != "HTTP/1.0"};
    if (HasNoLength(response)) return;
    outgoing.status = response.status;
    for (const auto& [name, value] : response.headers) outgoing.headers.emplace(name, value);
    if (response.status != 204) {
      // As set_content, without a copy of what may be large.
      outgoing.body = std::move(response.body);
      outgoing.headers.erase("Content-Type");
      outgoing.headers.emplace("Content-Type", response.content_type);
    }
    // The answer is encoded already; httplib must not look for an encoding of its own.
    const_cast<httplib::Request&>(incoming).headers.erase("Accept-Encoding");
    // Ranges of generated pages mean nothing; ignoring them is what RFC 9110 asks of such a server.
    const_cast<httplib::Request&>(incoming).ranges.clear();
  };
  MemoryStream stream(head, result.bytes);
  httplib_->Process(stream, result.close, call);
  return HasNoLength(response) ? Begin(std::move(response), client, result.close) : std::move(result);
}

Exchange::Result Exchange::Begin(Response response, const Client& client, bool close) const {
  const bool is_events = !response.event_channel.empty();
  close = close || is_events || !client.knows_chunks;
  if (!is_events && client.knows_chunks) response.headers.emplace_back("Transfer-Encoding", "chunked");
  std::string head = HeadText(response, close);
  if (client.wants_no_body) return {.bytes = std::move(head), .close = close};
  if (is_events)
    return {.bytes = head + response.body, .close = true, .event_channel = std::move(response.event_channel)};
  Result result = Continue(
      std::make_unique<BodyStream>(std::move(response.body), std::move(response.rest), client.knows_chunks), close);
  result.bytes.insert(0, head);
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
  Response problem = Problem(status, detail);
  problem.headers.emplace_back("Content-Length", std::to_string(problem.body.size()));
  return HeadText(problem, true) + problem.body;
}

}  // namespace tidemark::http
