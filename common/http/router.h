#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.h"

namespace tidemark::http {

/// Runs on a worker thread; may be called by several at once. An exception becomes a 500 that names nothing internal.
using Handler = std::function<Response(const Request&)>;

/// Finds the handler of a request. A pattern is a path whose segments are literal or `{name}`, which matches any one
/// non-empty segment: `/api/v1/label/{name}/values`. Segments are compared after percent-decoding, so that a value
/// may hold a slash as %2F. HEAD is answered by GET handlers. Routes are added before the server starts; Route may
/// then be called from any thread.
class Router {
 public:
  void Add(std::string method, std::string_view pattern, Handler handler);
  void Get(std::string_view pattern, Handler handler) { Add("GET", pattern, std::move(handler)); }

  /// Takes over the routes of `other`; `finish` is called with each of their answers before it is sent, and OPTIONS of
  /// their paths gets an empty one.
  using Finish = std::function<void(const Request&, Response&)>;
  void Include(Router other, const Finish& finish);

  /// Answers `request` (filling its path_values), with 404 for an unknown path and 405 with Allow for a known one.
  [[nodiscard]] Response Route(Request& request) const;

 private:
  struct RouteEntry {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };

  std::vector<RouteEntry> routes_;
};

}  // namespace tidemark::http
