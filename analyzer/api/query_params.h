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

/// A whole number from 1 to `most`.
std::optional<size_t> ParseCount(std::string_view text, size_t most);

/// The part of a list that is asked for, from the parameters `limit` and `cursor`, of lists whose newest entries come
/// first and have rising numbers.
struct Paging {
  size_t limit = 0;
  int64_t before = INT64_MAX;             ///< numbers below
  std::optional<http::Response> problem;  ///< what is wrong with the parameters
};
Paging ReadPaging(const http::Request& request, size_t default_limit, size_t most);

inline constexpr int64_t kDefaultAnalysisWindowMs = 3'600'000;
inline constexpr int64_t kMinAnalysisWindowMs = 1000;

/// The window an analysis looks at, from the parameters `window` (duration) and `end` (time).
struct AnalysisWindow {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  std::optional<http::Response> problem;  ///< what is wrong with the parameters
};
AnalysisWindow ParseWindow(const http::Request& request, int64_t now_ms);

}  // namespace tidemark::api
