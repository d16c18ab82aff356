#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::http {

/// Header or parameter names with their values, in the order they came; names may come more than once.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// A whole request, decoded and within the server's limits. A plain value: handlers see no socket.
struct Request {
  std::string method;
  /// Path as it stands in the request line, still percent-encoded, without the query.
  std::string raw_path;
  /// Query parameters, followed by those of an application/x-www-form-urlencoded body.
  Fields params;
  Fields headers;
  std::string body;
  std::string remote_address;
  std::string user{};  ///< who was authenticated; empty where nobody needs to be
  /// Becomes true when the client goes away before it has its answer. May be null.
  std::shared_ptr<const std::atomic<bool>> client_gone{};
  /// Values of the route's `{name}` parts, decoded, in order.
  std::vector<std::string> path_values;

  /// First value of a header (any case of `name`), or an empty view.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
  /// First value of a parameter.
  [[nodiscard]] std::optional<std::string> Param(std::string_view name) const;
  /// All values of a repeatable parameter such as `match[]`.
  [[nodiscard]] std::vector<std::string> Params(std::string_view name) const;
};

/// Makes a body piece by piece while it is sent: appends a piece, and tells whether there are more. One thread at a
/// time calls it, not always the same.
using BodySource = std::function<bool(std::string& out)>;

/// How large a piece is, about: no client keeps more of a body in the server's memory, however slowly it reads.
inline constexpr size_t kBodyPieceBytes = size_t{256} * 1024;

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  Fields headers{};
  /// What comes after `body`. Empty: nothing.
  BodySource rest{};
  /// The connection leaves the request cycle and receives what Server::Publish sends to this channel until it closes.
  /// `body` is sent first. It is not compressed, whoever asks for that.
  std::string event_channel{};
};

/// A 200 answer whose body is all that `source` makes: only its first piece now when there are more.
Response PiecewiseResponse(std::string content_type, BodySource source);

/// Whether an Accept-style header (Accept, Accept-Encoding) lists `token` with a quality above zero.
bool Accepts(std::string_view header, std::string_view token);

}  // namespace tidemark::http
