#include "analyzer/config/scrape_config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include "common/exposition/parser.h"

namespace tidemark::config {
namespace {

constexpr int64_t kMinIntervalMs = 100;
/// Kinds of discovery that Prometheus has and this does not.
constexpr std::array kUnsupportedDiscoveries{
    "azure_sd_configs",    "consul_sd_configs",      "digitalocean_sd_configs", "dns_sd_configs",
    "docker_sd_configs",   "dockerswarm_sd_configs", "ec2_sd_configs",          "eureka_sd_configs",
    "gce_sd_configs",      "hetzner_sd_configs",     "ionos_sd_configs",        "kubernetes_sd_configs",
    "kuma_sd_configs",     "lightsail_sd_configs",   "linode_sd_configs",       "marathon_sd_configs",
    "nerve_sd_configs",    "nomad_sd_configs",       "openstack_sd_configs",    "ovhcloud_sd_configs",
    "puppetdb_sd_configs", "scaleway_sd_configs",    "serverset_sd_configs",    "triton_sd_configs",
    "uyuni_sd_configs",    "vultr_sd_configs"};

TargetGroup ParseTargetGroup(const YamlValue& value) {
  TargetGroup group;
  YamlMap map = value.Map();
  if (const auto targets = map.Find("targets")) {
    for (const YamlValue& target : targets->List()) {
      std::string address = target.String();
      if (address.find('/') != std::string::npos)
        target.Fail("\"" + address + "\" is not a host:port; path and scheme have fields of their own");
      group.targets.push_back(std::move(address));
    }
  }
  if (const auto labels = map.Find("labels")) group.labels = ParseLabels(*labels);
  map.Finish();
  return group;
}

FileSdConfig ParseFileSd(const YamlValue& value, const std::string& directory) {
  FileSdConfig config;
  YamlMap map = value.Map();
  for (const YamlValue& file : map.Require("files").List()) {
    const std::string pattern = file.String();
    const std::string extension = std::filesystem::path(pattern).extension();
    if (extension != ".json" && extension != ".yml" && extension != ".yaml")
      file.Fail("\"" + pattern + "\" must end in .json, .yml or .yaml");
    if (std::filesystem::path(pattern).parent_path().string().find_first_of("*?[") != std::string::npos)
      file.Fail("\"" + pattern + "\" may have wildcards in its last part only");
    config.patterns.push_back((std::filesystem::path(directory) / pattern).string());
  }
  if (config.patterns.empty()) map.Fail("files must name at least one");
  if (const auto field = map.Find("refresh_interval")) config.refresh_interval_ms = ParseInterval(*field);
  map.Finish();
  return config;
}

HttpSdConfig ParseHttpSd(const YamlValue& value, const std::string& directory) {
  HttpSdConfig config;
  YamlMap map = value.Map();
  const YamlValue url = map.Require("url");
  config.url = url.String();
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://"))
    url.Fail("must be an http or https URL");
  if (const auto field = map.Find("refresh_interval")) config.refresh_interval_ms = ParseInterval(*field);
  config.client = ParseHttpClientConfig(map, directory);
  map.Finish();
  return config;
}

void ParseLimits(YamlMap& map, ScrapeConfig& config) {
  for (const auto& [name, limit] : {std::pair{"sample_limit", &config.sample_limit},
                                    {"target_limit", &config.target_limit},
                                    {"label_limit", &config.label_limit},
                                    {"label_name_length_limit", &config.label_name_length_limit},
                                    {"label_value_length_limit", &config.label_value_length_limit}}) {
    if (const auto field = map.Find(name)) *limit = field->Count();
  }
  if (const auto field = map.Find("body_size_limit")) {
    if (const uint64_t bytes = field->Bytes(); bytes > 0) config.body_size_limit = bytes;
  }
}

}  // namespace

void ParseDiscovery(YamlMap& map, const std::string& directory, ScrapeConfig& config) {
  if (const auto field = map.Find("static_configs")) {
    config.static_configs = ParseTargetGroups(*field);
  }
  if (const auto field = map.Find("file_sd_configs")) {
    for (const YamlValue& item : field->List()) config.file_sd_configs.push_back(ParseFileSd(item, directory));
  }
  if (const auto field = map.Find("http_sd_configs")) {
    for (const YamlValue& item : field->List()) config.http_sd_configs.push_back(ParseHttpSd(item, directory));
  }
}

std::string ParseScheme(const YamlValue& value) {
  std::string scheme = value.String();
  if (scheme != "http" && scheme != "https") value.Fail("must be http or https");
  return scheme;
}

int64_t ParseInterval(const YamlValue& value) {
  const int64_t duration_ms = value.DurationMs();
  if (duration_ms < kMinIntervalMs) value.Fail("must be at least 100ms");
  return duration_ms;
}

LabelMap ParseLabels(const YamlValue& value) {
  LabelMap labels;
  for (const auto& [name, text] : value.Entries()) {
    if (!exposition::IsValidLabelName(name)) text.Fail("\"" + name + "\" is not a label name");
    labels[name] = text.String();
  }
  return labels;
}

std::vector<TargetGroup> ParseTargetGroups(const YamlValue& value) {
  std::vector<TargetGroup> groups;
  for (const YamlValue& item : value.List()) groups.push_back(ParseTargetGroup(item));
  return groups;
}

ScrapeConfig ParseScrapeConfig(const YamlValue& value, const ScrapeDefaults& defaults, const std::string& directory) {
  ScrapeConfig config;
  YamlMap map = value.Map();
  config.job_name = map.Require("job_name").String();
  if (config.job_name.empty()) map.Require("job_name").Fail("must not be empty");
  config.scrape_interval_ms = defaults.scrape_interval_ms;
  if (const auto field = map.Find("scrape_interval")) config.scrape_interval_ms = ParseInterval(*field);
  config.scrape_timeout_ms = std::min(defaults.scrape_timeout_ms, config.scrape_interval_ms);
  if (const auto field = map.Find("scrape_timeout")) {
    config.scrape_timeout_ms = ParseInterval(*field);
    if (config.scrape_timeout_ms > config.scrape_interval_ms) field->Fail("must not be longer than scrape_interval");
  }
  if (const auto field = map.Find("metrics_path")) {
    config.metrics_path = field->String();
    if (!config.metrics_path.starts_with('/')) field->Fail("must start with \"/\"");
  }
  if (const auto field = map.Find("scheme")) config.scheme = ParseScheme(*field);
  if (const auto field = map.Find("params")) {
    for (const auto& [name, values] : field->Entries()) {
      for (const YamlValue& item : values.List()) config.params[name].push_back(item.String());
    }
  }
  if (const auto field = map.Find("honor_labels")) config.honor_labels = field->Bool();
  if (const auto field = map.Find("honor_timestamps")) config.honor_timestamps = field->Bool();
  ParseLimits(map, config);
  config.client = ParseHttpClientConfig(map, directory);
  ParseDiscovery(map, directory, config);
  for (const char* name : kUnsupportedDiscoveries) {
    if (const auto field = map.Find(name)) {
      field->Fail(
          "this kind of discovery is not supported; let a tool write files for file_sd_configs, or serve "
          "http_sd_configs");
    }
  }
  if (const auto field = map.Find("relabel_configs")) config.relabel_configs = ParseRelabelConfigs(*field);
  if (const auto field = map.Find("metric_relabel_configs"))
    config.metric_relabel_configs = ParseRelabelConfigs(*field);
  map.Finish();
  std::ostringstream source;
  source << value.node();
  config.source = source.str();
  return config;
}

}  // namespace tidemark::config
