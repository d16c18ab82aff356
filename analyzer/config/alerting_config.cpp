#include "analyzer/config/alerting_config.h"

#include <sstream>

namespace tidemark::config {
namespace {

constexpr const char* kAlertsPath = "/api/v2/alerts";
constexpr int64_t kDefaultTimeoutMs = 10'000;

ScrapeConfig ParseAlertmanager(const YamlValue& value, const std::string& directory, size_t number) {
  ScrapeConfig config;
  YamlMap map = value.Map();
  config.job_name = "alertmanager-" + std::to_string(number);
  config.scrape_timeout_ms = kDefaultTimeoutMs;
  if (const auto field = map.Find("timeout")) config.scrape_timeout_ms = ParseInterval(*field);
  // Nothing is scraped: targets have no interval of their own.
  config.scrape_interval_ms = config.scrape_timeout_ms;
  std::string prefix;
  if (const auto field = map.Find("path_prefix")) prefix = field->String();
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && !prefix.starts_with('/')) prefix.insert(0, "/");
  config.metrics_path = prefix + kAlertsPath;
  if (const auto field = map.Find("scheme")) config.scheme = ParseScheme(*field);
  if (const auto field = map.Find("api_version")) {
    if (field->String() != "v2") field->Fail("only v2 is spoken; Alertmanager has had it since 0.16");
  }
  config.client = ParseHttpClientConfig(map, directory);
  ParseDiscovery(map, directory, config);
  if (const auto field = map.Find("relabel_configs")) config.relabel_configs = ParseRelabelConfigs(*field);
  map.Finish();
  std::ostringstream source;
  source << value.node();
  config.source = source.str();
  return config;
}

}  // namespace

AlertingConfig ParseAlertingConfig(const YamlValue& value, const std::string& directory) {
  AlertingConfig config;
  YamlMap map = value.Map();
  if (const auto field = map.Find("alert_relabel_configs")) config.alert_relabel_configs = ParseRelabelConfigs(*field);
  if (const auto field = map.Find("alertmanagers")) {
    for (const YamlValue& item : field->List())
      config.alertmanagers.push_back(ParseAlertmanager(item, directory, config.alertmanagers.size()));
  }
  config.notification = ParseNotificationConfig(map, directory);
  map.Finish();
  return config;
}

}  // namespace tidemark::config
