#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/config/yaml_reader.h"

namespace tidemark::config {

using LabelMap = std::map<std::string, std::string>;

/// A list of targets that share labels.
struct StaticConfig {
  std::vector<std::string> targets;  ///< "host:port"
  LabelMap labels;
};

/// One scrape job, with the fields and defaults Prometheus has for it.
struct ScrapeConfig {
  std::string job_name;
  int64_t scrape_interval_ms = 0;
  int64_t scrape_timeout_ms = 0;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  std::map<std::string, std::vector<std::string>> params;
  bool honor_labels = false;
  bool honor_timestamps = true;
  uint64_t sample_limit = 0;                      ///< 0: none
  uint64_t body_size_limit = uint64_t{64} << 20;  ///< bytes, after decompression
  std::vector<StaticConfig> static_configs;
};

struct Config {
  int64_t scrape_interval_ms = 30'000;
  int64_t scrape_timeout_ms = 10'000;
  int64_t evaluation_interval_ms = 30'000;
  LabelMap external_labels;
  std::vector<std::string> rule_files;  ///< recording rules, beside those that are shipped
  std::vector<ScrapeConfig> scrape_configs;
};

/// What runs without a file: the exporter on this host's port 9100, and the analyzer itself.
Config DefaultConfig(const std::string& own_address);

/// Parses a Prometheus-shaped configuration. Relative rule files are relative to the file. \throw ConfigError
Config LoadConfig(const std::string& path);
/// The same from text; `file` names it in messages.
Config ParseConfig(const std::string& file, const std::string& text);

/// Reads a map of labels and checks their names. \throw ConfigError
LabelMap ParseLabels(const YamlValue& value);

}  // namespace tidemark::config
