#include "analyzer/config/config.h"

#include <array>
#include <filesystem>
#include <set>

#include "analyzer/config/secrets.h"

namespace tidemark::config {
namespace {

/// Parts of Prometheus's configuration that have another place here, and which.
constexpr std::array<std::pair<const char*, const char*>, 5> kElsewhere{
    {{"remote_write", "samples are not sent on; let Prometheus scrape the same targets"},
     {"remote_read", "only the own store is read"},
     {"storage", "the store is set up by flags (--storage.*)"},
     {"tracing", "there is no tracing"},
     {"scrape_config_files", "list the jobs under scrape_configs"}}};

void ParseGlobal(const YamlValue& value, Config& config) {
  YamlMap map = value.Map();
  if (const auto field = map.Find("scrape_interval")) config.scrape.scrape_interval_ms = ParseInterval(*field);
  config.scrape.scrape_timeout_ms = std::min(config.scrape.scrape_timeout_ms, config.scrape.scrape_interval_ms);
  if (const auto field = map.Find("scrape_timeout")) {
    config.scrape.scrape_timeout_ms = ParseInterval(*field);
    if (config.scrape.scrape_timeout_ms > config.scrape.scrape_interval_ms)
      field->Fail("must not be longer than scrape_interval");
  }
  // Thresholds are of no use slower than the samples they look at.
  config.evaluation_interval_ms = config.scrape.scrape_interval_ms;
  if (const auto field = map.Find("evaluation_interval")) config.evaluation_interval_ms = ParseInterval(*field);
  if (const auto field = map.Find("query_log_file")) field->Fail("is not supported");
  if (const auto field = map.Find("external_labels")) config.external_labels = ParseLabels(*field);
  map.Finish();
}

Config ParseRoot(const YamlValue& root, const std::string& directory) {
  Config config;
  if (root.node().IsNull()) return config;
  YamlMap map = root.Map();
  if (const auto global = map.Find("global")) ParseGlobal(*global, config);
  if (const auto files = map.Find("rule_files")) config.rule_files = files->Strings();
  if (const auto files = map.Find("threshold_files")) config.threshold_files = files->Strings();
  if (const auto alerting = map.Find("alerting")) config.alerting = ParseAlertingConfig(*alerting, directory);
  if (const auto jobs = map.Find("scrape_configs")) {
    std::set<std::string> names;
    for (const YamlValue& item : jobs->List()) {
      config.scrape_configs.push_back(ParseScrapeConfig(item, config.scrape, directory));
      const std::string& name = config.scrape_configs.back().job_name;
      if (!names.insert(name).second) item.Fail("job_name \"" + name + "\" comes twice");
    }
  }
  for (const auto& [name, why] : kElsewhere) {
    if (const auto field = map.Find(name)) field->Fail(std::string("is not supported: ") + why);
  }
  map.Finish();
  return config;
}

}  // namespace

Config DefaultConfig(const std::string& own_address) {
  Config config;
  ScrapeConfig node;
  node.job_name = "node";
  node.scrape_interval_ms = config.scrape.scrape_interval_ms;
  node.scrape_timeout_ms = config.scrape.scrape_timeout_ms;
  node.static_configs = {{{"localhost:9100"}, {}}};
  ScrapeConfig self = node;
  self.job_name = "tidemark";
  self.static_configs = {{{own_address}, {}}};
  config.scrape_configs = {node, self};
  return config;
}

Config ParseConfig(const std::string& file, const std::string& text) { return ParseRoot(ParseYaml(file, text), "."); }

Config LoadConfig(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  const std::string text = ReadYamlText(path);
  Config config = ParseRoot(ParseYaml(path, text), directory.string());
  config.text = WithoutSecrets(text);
  for (auto* files : {&config.rule_files, &config.threshold_files}) {
    for (std::string& file : *files) file = (directory / file).string();
  }
  return config;
}

}  // namespace tidemark::config
