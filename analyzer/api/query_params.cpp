#include "analyzer/api/query_params.h"

#include <charconv>
#include <cmath>

#include "analyzer/api/json_body.h"
#include "common/duration.h"
#include "common/http/problem.h"
#include "common/number_format.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

/// Far beyond any sample, and far from where adding two of them overflows.
constexpr double kMaxSeconds = 1e13;

std::optional<int64_t> SecondsToMs(std::string_view text) {
  const std::optional<double> seconds = ParseFloat(text);
  if (!seconds || !(std::fabs(*seconds) <= kMaxSeconds)) return std::nullopt;
  return static_cast<int64_t>(std::round(*seconds * 1000));
}

}  // namespace

std::optional<int64_t> ParseTimeMs(std::string_view text) {
  if (const auto ms = SecondsToMs(text)) return ms;
  return ParseRfc3339(text);
}

std::optional<int64_t> ParseStepMs(std::string_view text) {
  if (const auto ms = SecondsToMs(text)) return ms;
  return ParseDurationMs(text);
}

std::optional<size_t> ParseCount(std::string_view text, size_t most) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count == 0 || count > most) return std::nullopt;
  return count;
}

Paging ReadPaging(const http::Request& request, size_t default_limit, size_t most) {
  Paging paging;
  paging.limit = default_limit;
  std::vector<http::FieldError> errors;
  if (const auto text = request.Param("limit")) {
    const std::optional<size_t> limit = ParseCount(*text, most);
    if (!limit) errors.push_back({"/limit", "must be a number from 1 to " + std::to_string(most)});
    paging.limit = limit.value_or(1);
  }
  if (const auto text = request.Param("cursor")) {
    const std::optional<size_t> cursor = ParseCount(*text, INT64_MAX);
    if (!cursor) errors.push_back({"/cursor", "must be the next_cursor of the answer before"});
    paging.before = static_cast<int64_t>(cursor.value_or(1));
  }
  if (!errors.empty()) paging.problem = BadParameters(errors);
  return paging;
}

AnalysisWindow ParseWindow(const http::Request& request, int64_t now_ms) {
  AnalysisWindow window;
  int64_t length_ms = kDefaultAnalysisWindowMs;
  if (const auto text = request.Param("window")) {
    const std::optional<int64_t> parsed = ParseDurationMs(*text);
    if (!parsed || *parsed < kMinAnalysisWindowMs || *parsed > static_cast<int64_t>(kMaxSeconds)) {
      window.problem = http::Problem(400, "the parameter window is not usable",
                                     {{"/window", "must be a duration of at least 1s, such as 30m or 6h"}});
      return window;
    }
    length_ms = *parsed;
  }
  window.end_ms = now_ms;
  if (const auto text = request.Param("end")) {
    const std::optional<int64_t> parsed = ParseTimeMs(*text);
    if (!parsed) {
      window.problem =
          http::Problem(400, "the parameter end is not usable", {{"/end", "must be a time: Unix seconds or RFC 3339"}});
      return window;
    }
    window.end_ms = *parsed;
  }
  window.start_ms = window.end_ms - length_ms;
  return window;
}

}  // namespace tidemark::api
