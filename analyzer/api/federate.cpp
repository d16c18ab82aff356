#include "analyzer/api/federate.h"

#include <algorithm>
#include <map>

#include "analyzer/promql/parser.h"
#include "common/exposition/writer.h"
#include "common/http/metrics_page.h"

namespace tidemark::api {
namespace {

constexpr std::string_view kInstance = "instance";

/// Of every series that a selector matches the newest sample within the look-back, by labels.
std::map<storage::Labels, storage::Sample> NewestSamples(const Analyzer& analyzer,
                                                         const std::vector<std::string>& selectors) {
  const int64_t now_ms = analyzer.clock().NowMs();
  const promql::EngineOptions& options = analyzer.engine().options();
  std::map<storage::Labels, storage::Sample> newest;
  for (const std::string& selector : selectors) {
    for (const storage::SeriesSamples& series : analyzer.store().Select(
             promql::ParseSelector(selector), now_ms - options.lookback_ms, now_ms, options.max_samples)) {
      const storage::Sample& sample = series.samples.back();
      if (!storage::IsStaleMarker(sample.value)) newest.emplace(series.labels, sample);
    }
  }
  return newest;
}

/// Labels by name; one that names the instance is always there, so that the reader does not put its own in.
void WriteSeries(const storage::Labels& labels, const storage::Sample& sample, exposition::Writer& writer) {
  std::vector<exposition::Label> written;
  for (const auto& [name, value] : labels) {
    if (name != storage::kMetricName) written.push_back({name, value});
  }
  if (labels.Get(kInstance).empty()) written.push_back({kInstance, ""});
  writer.SampleAt(written, sample.value, sample.timestamp_ms);
}

http::Response Federate(const Analyzer& analyzer, const http::Request& request) {
  try {
    const auto newest = NewestSamples(analyzer, request.Params("match[]"));
    std::map<std::string_view, std::vector<const std::pair<const storage::Labels, storage::Sample>*>> by_name;
    for (const auto& entry : newest) {
      if (const std::string_view name = entry.first.Get(storage::kMetricName); !name.empty())
        by_name[name].push_back(&entry);
    }
    std::string page;
    exposition::Writer writer(exposition::Format::kText004, page);
    for (const auto& [name, entries] : by_name) {
      writer.Family(name, "", exposition::MetricType::kUntyped);
      for (const auto* entry : entries) WriteSeries(entry->first, entry->second, writer);
    }
    writer.Finish();
    return http::MetricsPage(std::move(page), exposition::Format::kText004);
  } catch (const promql::ParseError& error) {
    return {.status = 400, .body = std::string(error.what()) + "\n"};
  } catch (const storage::QueryError& error) {
    return {.status = 422, .body = std::string(error.what()) + "\n"};
  }
}

}  // namespace

void AddFederateRoute(http::Router& router, Analyzer& analyzer) {
  router.Get(
      "/federate", [&analyzer](const http::Request& request) { return Federate(analyzer, request); },
      http::Lane::kLong);
}

}  // namespace tidemark::api
