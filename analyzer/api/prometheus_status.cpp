#include "analyzer/api/prometheus_status.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "analyzer/api/prometheus_json.h"
#include "common/duration.h"
#include "common/timestamp.h"
#include "common/version.h"

namespace tidemark::api {
namespace {

http::Response Alertmanagers(const Analyzer& analyzer) {
  const notify::Alertmanagers::Addresses addresses = analyzer.alertmanagers().Current();
  ordered_json active = ordered_json::array();
  for (const std::string& url : addresses.active) active.push_back({{"url", url}});
  ordered_json dropped = ordered_json::array();
  for (const storage::Labels& labels : addresses.dropped) {
    dropped.push_back({{"url", std::string(labels.Get("__scheme__")) + "://" + std::string(labels.Get("__address__")) +
                                   std::string(labels.Get("__metrics_path__"))}});
  }
  return PrometheusData({{"activeAlertmanagers", active}, {"droppedAlertmanagers", dropped}});
}

http::Response BuildInfo() {
  return PrometheusData({{"application", "Tidemark"},
                         {"version", kVersion},
                         {"revision", ""},
                         {"branch", ""},
                         {"buildUser", ""},
                         {"buildDate", ""},
                         {"goVersion", ""}});
}

http::Response ConfigurationStatus(const Analyzer& analyzer) {
  return PrometheusData({{"yaml", analyzer.config_status().text}});
}

/// Without what belongs to the Go runtime alone.
http::Response RuntimeInfo(const Analyzer& analyzer) {
  const Analyzer::ConfigStatus status = analyzer.config_status();
  std::error_code ignored;
  return PrometheusData({{"startTime", FormatRfc3339(analyzer.start_ms())},
                         {"CWD", std::filesystem::current_path(ignored).string()},
                         {"reloadConfigSuccess", status.last_reload_succeeded},
                         {"lastConfigTime", FormatRfc3339(status.loaded_ms)},
                         {"corruptionCount", analyzer.store().Statistics().damaged_chunks},
                         {"storageRetention", FormatDurationMs(analyzer.retention_ms())}});
}

/// The ten largest, as Prometheus lists them.
ordered_json Largest(const std::map<std::string, uint64_t>& counts) {
  constexpr size_t kListed = 10;
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &std::pair<std::string, uint64_t>::second);
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < std::min(sorted.size(), kListed); ++i)
    list.push_back({{"name", sorted[i].first}, {"value", sorted[i].second}});
  return list;
}

http::Response StoreStatus(const Analyzer& analyzer) {
  std::map<std::string, uint64_t> series_by_metric;
  std::map<std::string, uint64_t> series_by_pair;
  std::map<std::string, std::set<std::string>> values_by_label;
  for (const storage::Labels& labels : analyzer.store().Series({}, storage::kMinTime, storage::kMaxTime)) {
    for (const auto& [name, value] : labels) {
      if (name == storage::kMetricName) ++series_by_metric[std::string(value)];
      ++series_by_pair[std::string(name) + '=' + std::string(value)];
      values_by_label[std::string(name)].emplace(value);
    }
  }
  std::map<std::string, uint64_t> value_counts;
  std::map<std::string, uint64_t> value_bytes;
  for (const auto& [name, values] : values_by_label) {
    value_counts[name] = values.size();
    for (const std::string& value : values) value_bytes[name] += value.size();
  }
  const storage::StoreStatistics statistics = analyzer.store().Statistics();
  return PrometheusData({{"headStats",
                          {{"numSeries", statistics.series},
                           {"numLabelPairs", series_by_pair.size()},
                           {"chunkCount", statistics.blocks},
                           {"minTime", statistics.oldest_ms},
                           {"maxTime", statistics.newest_ms}}},
                         {"seriesCountByMetricName", Largest(series_by_metric)},
                         {"labelValueCountByLabelName", Largest(value_counts)},
                         {"memoryInBytesByLabelName", Largest(value_bytes)},
                         {"seriesCountByLabelValuePair", Largest(series_by_pair)}});
}

}  // namespace

void AddPrometheusStatusRoutes(http::Router& router, Analyzer& analyzer, std::map<std::string, std::string> flags) {
  router.Get("/api/v1/alertmanagers", [&](const http::Request&) { return Alertmanagers(analyzer); });
  router.Get("/api/v1/status/buildinfo", [](const http::Request&) { return BuildInfo(); });
  router.Get("/api/v1/status/config", [&](const http::Request&) { return ConfigurationStatus(analyzer); });
  router.Get("/api/v1/status/flags",
             [flags = std::move(flags)](const http::Request&) { return PrometheusData(flags); });
  router.Get("/api/v1/status/runtimeinfo", [&](const http::Request&) { return RuntimeInfo(analyzer); });
  router.Get("/api/v1/status/tsdb", [&](const http::Request&) { return StoreStatus(analyzer); });
}

}  // namespace tidemark::api
