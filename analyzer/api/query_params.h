#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tidemark::api {

/// A time as Prometheus's API takes it: Unix seconds with fraction, or RFC 3339.
std::optional<int64_t> ParseTimeMs(std::string_view text);
/// A duration as its API takes it: seconds with fraction, or "5m".
std::optional<int64_t> ParseStepMs(std::string_view text);

/// The window an analysis looks at, from the parameters `window` (duration) and `end` (time).
struct AnalysisWindow {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  std::optional<http::Response> problem;  ///< what is wrong with the parameters
};
AnalysisWindow ParseWindow(const http::Request& request, int64_t now_ms);

}  // namespace tidemark::api
