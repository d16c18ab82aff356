#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/lane.h"
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
  void Add(std::string method, std::string_view pattern, Handler handler, Lane lane = Lane::kQuick);
  void Get(std::string_view pattern, Handler handler, Lane lane = Lane::kQuick) {
    Add("GET", pattern, std::move(handler), lane);
  }

  /// Takes over the routes of `other`; `finish` is called with each of their answers before it is sent, and OPTIONS of
  /// their paths gets an empty one.
  using Finish = std::function<void(const Request&, Response&)>;
  void Include(Router other, const Finish& finish);

  /// Answers `request` (filling its path_values), with 404 for an unknown path and 405 with Allow for a known one.
  [[nodiscard]] Response Route(Request& request) const;
  /// The lane of what Route would call; kQuick for what it would refuse.
  [[nodiscard]] Lane LaneOf(std::string_view method, std::string_view raw_path) const;

 private:
  struct RouteEntry {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
    Lane lane = Lane::kQuick;
  };

  /// The route of a method and path, or null; `allowed`: the methods that the path has instead, "GET, POST".
  [[nodiscard]] const RouteEntry* Find(std::string_view method, const std::vector<std::string>& path,
                                       std::string& allowed) const;

  std::vector<RouteEntry> routes_;
};

}  // namespace tidemark::http
