#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>

#include "common/http/message.h"

namespace tidemark::api {

/// Which pages of other origins a browser lets read answers (the Fetch standard, "CORS protocol"), as Prometheus
/// decides it: those whose origin a regular expression matches as a whole. Any thread may call.
class CrossOrigin {
 public:
  /// \throw std::invalid_argument when `pattern` is no regular expression.
  explicit CrossOrigin(const std::string& pattern);

  /// Adds the headers for the request's origin, if it has one.
  void operator()(const http::Request& request, http::Response& response) const;

 private:
  std::shared_ptr<const RE2> pattern_;  // null: every origin
};

}  // namespace tidemark::api
