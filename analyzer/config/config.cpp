#include "analyzer/config/config.h"

#include <filesystem>
#include <set>

#include "common/exposition/parser.h"

namespace tidemark::config {
namespace {

constexpr int64_t kMinIntervalMs = 100;

int64_t PositiveDuration(const YamlValue& value) {
  const int64_t duration_ms = value.DurationMs();
  if (duration_ms < kMinIntervalMs) value.Fail("must be at least 100ms");
  return duration_ms;
}

StaticConfig ParseStaticConfig(const YamlValue& value) {
  StaticConfig config;
  YamlMap map = value.Map();
  for (const YamlValue& target : map.Require("targets").List()) {
    std::string address = target.String();
    if (address.empty() || address.find('/') != std::string::npos)
      target.Fail("\"" + address + "\" is not a host:port; path and scheme have fields of their own");
    config.targets.push_back(std::move(address));
  }
  if (const auto labels = map.Find("labels")) config.labels = ParseLabels(*labels);
  map.Finish();
  return config;
}

ScrapeConfig ParseScrapeConfig(const YamlValue& value, const Config& global) {
  ScrapeConfig config;
  YamlMap map = value.Map();
  config.job_name = map.Require("job_name").String();
  if (config.job_name.empty()) map.Require("job_name").Fail("must not be empty");
  config.scrape_interval_ms = global.scrape_interval_ms;
  if (const auto field = map.Find("scrape_interval")) config.scrape_interval_ms = PositiveDuration(*field);
  config.scrape_timeout_ms = std::min(global.scrape_timeout_ms, config.scrape_interval_ms);
  if (const auto field = map.Find("scrape_timeout")) {
    config.scrape_timeout_ms = PositiveDuration(*field);
    if (config.scrape_timeout_ms > config.scrape_interval_ms) field->Fail("must not be longer than scrape_interval");
  }
  if (const auto field = map.Find("metrics_path")) {
    config.metrics_path = field->String();
    if (!config.metrics_path.starts_with('/')) field->Fail("must start with \"/\"");
  }
  if (const auto field = map.Find("scheme")) {
    config.scheme = field->String();
    if (config.scheme != "http" && config.scheme != "https") field->Fail("must be http or https");
  }
  if (const auto field = map.Find("params")) {
    for (const auto& [name, values] : field->Entries()) {
      for (const YamlValue& item : values.List()) config.params[name].push_back(item.String());
    }
  }
  if (const auto field = map.Find("honor_labels")) config.honor_labels = field->Bool();
  if (const auto field = map.Find("honor_timestamps")) config.honor_timestamps = field->Bool();
  if (const auto field = map.Find("sample_limit")) config.sample_limit = field->Count();
  if (const auto field = map.Find("body_size_limit")) {
    if (const uint64_t bytes = field->Bytes(); bytes > 0) config.body_size_limit = bytes;
  }
  if (const auto field = map.Find("static_configs")) {
    for (const YamlValue& item : field->List()) config.static_configs.push_back(ParseStaticConfig(item));
  }
  map.Finish();
  return config;
}

void ParseGlobal(const YamlValue& value, Config& config) {
  YamlMap map = value.Map();
  if (const auto field = map.Find("scrape_interval")) config.scrape_interval_ms = PositiveDuration(*field);
  config.scrape_timeout_ms = std::min(config.scrape_timeout_ms, config.scrape_interval_ms);
  if (const auto field = map.Find("scrape_timeout")) {
    config.scrape_timeout_ms = PositiveDuration(*field);
    if (config.scrape_timeout_ms > config.scrape_interval_ms) field->Fail("must not be longer than scrape_interval");
  }
  // Thresholds are of no use slower than the samples they look at.
  config.evaluation_interval_ms = config.scrape_interval_ms;
  if (const auto field = map.Find("evaluation_interval")) config.evaluation_interval_ms = PositiveDuration(*field);
  if (const auto field = map.Find("external_labels")) config.external_labels = ParseLabels(*field);
  map.Finish();
}

Config ParseRoot(const YamlValue& root) {
  Config config;
  if (root.node().IsNull()) return config;
  YamlMap map = root.Map();
  if (const auto global = map.Find("global")) ParseGlobal(*global, config);
  if (const auto files = map.Find("rule_files")) {
    for (const YamlValue& item : files->List()) config.rule_files.push_back(item.String());
  }
  if (const auto jobs = map.Find("scrape_configs")) {
    std::set<std::string> names;
    for (const YamlValue& item : jobs->List()) {
      config.scrape_configs.push_back(ParseScrapeConfig(item, config));
      const std::string& name = config.scrape_configs.back().job_name;
      if (!names.insert(name).second) item.Fail("job_name \"" + name + "\" comes twice");
    }
  }
  map.Finish();
  return config;
}

}  // namespace

LabelMap ParseLabels(const YamlValue& value) {
  LabelMap labels;
  for (const auto& [name, text] : value.Entries()) {
    if (!exposition::IsValidLabelName(name)) text.Fail("\"" + name + "\" is not a label name");
    labels[name] = text.String();
  }
  return labels;
}

Config DefaultConfig(const std::string& own_address) {
  Config config;
  ScrapeConfig node;
  node.job_name = "node";
  node.scrape_interval_ms = config.scrape_interval_ms;
  node.scrape_timeout_ms = config.scrape_timeout_ms;
  node.static_configs = {{{"localhost:9100"}, {}}};
  ScrapeConfig self = node;
  self.job_name = "tidemark";
  self.static_configs = {{{own_address}, {}}};
  config.scrape_configs = {node, self};
  return config;
}

Config ParseConfig(const std::string& file, const std::string& text) { return ParseRoot(ParseYaml(file, text)); }

Config LoadConfig(const std::string& path) {
  Config config = ParseRoot(ReadYamlFile(path));
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  for (std::string& rule_file : config.rule_files) rule_file = (directory / rule_file).string();
  return config;
}

}  // namespace tidemark::config
