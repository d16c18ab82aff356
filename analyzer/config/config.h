#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/config/alerting_config.h"
#include "analyzer/config/scrape_config.h"

namespace tidemark::config {

struct Config {
  ScrapeDefaults scrape;
  int64_t evaluation_interval_ms = 30'000;
  LabelMap external_labels;
  std::vector<std::string> rule_files;       ///< recording and alerting rules, beside those that are shipped
  std::vector<std::string> threshold_files;  ///< thresholds, beside and over those that are shipped
  std::vector<ScrapeConfig> scrape_configs;
  AlertingConfig alerting;
  std::string text;  ///< the file without its secrets; empty for DefaultConfig
};

/// What runs without a file: the exporter on this host's port 9100, and the analyzer itself.
Config DefaultConfig(const std::string& own_address);

/// Parses a Prometheus-shaped configuration. Relative rule files are relative to the file. \throw ConfigError
Config LoadConfig(const std::string& path);
/// The same from text; `file` names it in messages.
Config ParseConfig(const std::string& file, const std::string& text);

}  // namespace tidemark::config
