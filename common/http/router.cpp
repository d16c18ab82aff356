#include "common/http/router.h"

#include <algorithm>
#include <optional>
#include <set>

#include "common/http/problem.h"
#include "common/http/url.h"

namespace tidemark::http {
namespace {

/// "/a/b" -> {"a", "b"}; "/" -> {""}; "/a/" -> {"a", ""}.
std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  while (true) {
    const size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// The segments without percent-encoding; nothing when that is malformed.
std::optional<std::vector<std::string>> SplitDecoded(std::string_view path) {
  std::vector<std::string> segments = Split(path);
  for (std::string& segment : segments) {
    std::optional<std::string> decoded = DecodePercent(segment, false);
    if (!decoded) return std::nullopt;
    segment = std::move(*decoded);
  }
  return segments;
}

bool IsPlaceholder(std::string_view segment) { return segment.starts_with('{'); }

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::ranges::equal(pattern, path, [](const std::string& expected, const std::string& actual) {
    return IsPlaceholder(expected) ? !actual.empty() : expected == actual;
  });
}

}  // namespace

void Router::Add(std::string method, std::string_view pattern, Handler handler, Lane lane) {
  routes_.push_back({std::move(method), Split(pattern), std::move(handler), lane});
}

void Router::Include(Router other, const Finish& finish) {
  std::set<std::vector<std::string>> paths;
  for (RouteEntry& route : other.routes_) {
    paths.insert(route.segments);
    route.handler = [finish, handler = std::move(route.handler)](const Request& request) {
      Response response = handler(request);
      finish(request, response);
      return response;
    };
    routes_.push_back(std::move(route));
  }
  for (const std::vector<std::string>& path : paths) {
    routes_.push_back({"OPTIONS", path,
                       [finish](const Request& request) {
                         Response response{.status = 204};
                         finish(request, response);
                         return response;
                       },
                       Lane::kQuick});
  }
}

const Router::RouteEntry* Router::Find(std::string_view method, const std::vector<std::string>& path,
                                       std::string& allowed) const {
  if (method == "HEAD") method = "GET";
  for (const RouteEntry& route : routes_) {
    if (!Matches(route.segments, path)) continue;
    if (route.method == method) return &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
  }
  return nullptr;
}

Response Router::Route(Request& request) const {
  std::optional<std::vector<std::string>> path = SplitDecoded(request.raw_path);
  if (!path) return Problem(400, "path has a \"%\" that is not followed by two hexadecimal digits");
  std::string allowed;
  const RouteEntry* const route = Find(request.method, *path, allowed);
  if (route != nullptr) {
    for (size_t i = 0; i < path->size(); ++i) {
      if (IsPlaceholder(route->segments[i])) request.path_values.push_back(std::move((*path)[i]));
    }
    return route->handler(request);
  }
  if (allowed.empty()) return Problem(404, "there is nothing at this path");
  Response response = Problem(405, "this path answers only to " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Lane Router::LaneOf(std::string_view method, std::string_view raw_path) const {
  const std::optional<std::vector<std::string>> path = SplitDecoded(raw_path);
  std::string ignored;
  const RouteEntry* const route = path ? Find(method, *path, ignored) : nullptr;
  return route != nullptr ? route->lane : Lane::kQuick;
}

}  // namespace tidemark::http
