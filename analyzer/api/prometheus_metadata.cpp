#include "analyzer/api/prometheus_metadata.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "analyzer/api/prometheus_json.h"
#include "analyzer/promql/parser.h"

namespace tidemark::api {
namespace {

/// The parameter `limit`, negative for none; empty when it is no number.
std::optional<int64_t> ReadLimit(const http::Request& request) {
  const std::string text = request.Param("limit").value_or("");
  if (text.empty()) return -1;
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return limit;
}

http::Response NoLimit() { return PrometheusError(400, "bad_data", "limit must be a number"); }

ordered_json MetadataJson(const scrape::Metadata& metadata) {
  return {{"type", scrape::TypeName(metadata.type)}, {"help", metadata.help}, {"unit", metadata.unit}};
}

/// What all targets say of each metric, everything once.
http::Response AllMetadata(const Analyzer& analyzer, const http::Request& request) {
  const std::optional<int64_t> limit = ReadLimit(request);
  if (!limit) return NoLimit();
  const std::string wanted = request.Param("metric").value_or("");
  std::map<std::string, std::vector<scrape::Metadata>> by_metric;
  for (const scrape::TargetStatus& status : analyzer.scrapes().Targets()) {
    if (!status.metadata) continue;
    for (const auto& [metric, metadata] : *status.metadata) {
      if (!wanted.empty() && metric != wanted) continue;
      std::vector<scrape::Metadata>& known = by_metric[metric];
      if (std::ranges::find(known, metadata) == known.end()) known.push_back(metadata);
    }
  }
  ordered_json data = ordered_json::object();
  for (const auto& [metric, all] : by_metric) {
    if (*limit >= 0 && data.size() >= static_cast<size_t>(*limit)) break;
    for (const scrape::Metadata& metadata : all) data[metric].push_back(MetadataJson(metadata));
  }
  return PrometheusData(data);
}

/// What each target says, of the targets that match_target selects. As there the limit ends before a target, not
/// within.
http::Response TargetMetadata(const Analyzer& analyzer, const http::Request& request) {
  const std::optional<int64_t> limit = ReadLimit(request);
  if (!limit) return NoLimit();
  const std::string wanted = request.Param("metric").value_or("");
  const std::string selector = request.Param("match_target").value_or("");
  std::vector<storage::Matcher> matchers;
  try {
    if (!selector.empty()) matchers = promql::ParseSelector(selector);
  } catch (const promql::ParseError& error) {
    return PrometheusError(400, "bad_data", std::string("invalid parameter \"match_target\": ") + error.what());
  }
  ordered_json data = ordered_json::array();
  for (const scrape::TargetStatus& status : analyzer.scrapes().Targets()) {
    if (*limit >= 0 && data.size() >= static_cast<size_t>(*limit)) break;
    const storage::Labels& labels = status.target.labels;
    const auto matches = [&](const storage::Matcher& matcher) { return matcher.Matches(labels.Get(matcher.name())); };
    if (!status.metadata || !std::ranges::all_of(matchers, matches)) continue;
    for (const auto& [metric, metadata] : *status.metadata) {
      if (!wanted.empty() && metric != wanted) continue;
      ordered_json item = {{"target", LabelsJson(labels)}};
      if (wanted.empty()) item["metric"] = metric;
      item.update(MetadataJson(metadata));
      data.push_back(std::move(item));
    }
  }
  return PrometheusData(data);
}

}  // namespace

void AddPrometheusMetadataRoutes(http::Router& router, Analyzer& analyzer) {
  router.Get("/api/v1/metadata", [&](const http::Request& request) { return AllMetadata(analyzer, request); });
  router.Get("/api/v1/targets/metadata",
             [&](const http::Request& request) { return TargetMetadata(analyzer, request); });
}

}  // namespace tidemark::api
