#include "analyzer/api/cross_origin.h"

#include <stdexcept>

namespace tidemark::api {

CrossOrigin::CrossOrigin(const std::string& pattern) {
  if (pattern == ".*") return;
  pattern_ = std::make_shared<const RE2>(pattern, RE2::Quiet);
  if (!pattern_->ok())
    throw std::invalid_argument("--web.cors.origin is not a regular expression: " + pattern_->error());
}

void CrossOrigin::operator()(const http::Request& request, http::Response& response) const {
  const std::string origin(request.Header("origin"));
  if (origin.empty()) return;
  const auto set = [&](const char* name, const std::string& value) { response.headers.emplace_back(name, value); };
  set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
  set("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  set("Access-Control-Expose-Headers", "Date");
  set("Vary", "Origin");
  if (!pattern_) {
    set("Access-Control-Allow-Origin", "*");
  } else if (RE2::FullMatch(origin, *pattern_)) {
    set("Access-Control-Allow-Origin", origin);
  }
}

}  // namespace tidemark::api
