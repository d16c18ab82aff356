#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/config/relabel_config.h"
#include "common/http_client_config.h"
#include "common/yaml_reader.h"

namespace tidemark::config {

using LabelMap = std::map<std::string, std::string>;

/// Targets that share labels: an entry of static_configs, of a discovery file, or of a discovery server's answer.
struct TargetGroup {
  std::vector<std::string> targets;  ///< "host:port"
  LabelMap labels;
};

/// Target groups from files that are watched.
struct FileSdConfig {
  std::vector<std::string> patterns;  ///< paths, with wildcards in the last part
  int64_t refresh_interval_ms = 5 * 60'000;
};

/// Target groups from a server that is asked again and again.
struct HttpSdConfig {
  std::string url;
  int64_t refresh_interval_ms = 60'000;
  HttpClientConfig client;
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
  uint64_t sample_limit = 0;  ///< 0: none, as for all limits
  uint64_t target_limit = 0;
  uint64_t label_limit = 0;
  uint64_t label_name_length_limit = 0;
  uint64_t label_value_length_limit = 0;
  uint64_t body_size_limit = uint64_t{64} << 20;  ///< bytes, after decompression
  HttpClientConfig client;
  std::vector<TargetGroup> static_configs;
  std::vector<FileSdConfig> file_sd_configs;
  std::vector<HttpSdConfig> http_sd_configs;
  std::vector<RelabelConfig> relabel_configs;
  std::vector<RelabelConfig> metric_relabel_configs;
  /// The job as YAML: two are the same when it is.
  std::string source;
};

/// What a job takes from `global` when it does not say.
struct ScrapeDefaults {
  int64_t scrape_interval_ms = 30'000;
  int64_t scrape_timeout_ms = 10'000;
};

/// Relative files are relative to `directory`. \throw ConfigError
ScrapeConfig ParseScrapeConfig(const YamlValue& value, const ScrapeDefaults& defaults, const std::string& directory);

/// Reads a list of target groups, as a discovery file or server has it. \throw ConfigError
std::vector<TargetGroup> ParseTargetGroups(const YamlValue& value);

/// Reads a map of labels and checks their names. \throw ConfigError
LabelMap ParseLabels(const YamlValue& value);

/// Reads the kinds of discovery that there are. \throw ConfigError
void ParseDiscovery(YamlMap& map, const std::string& directory, ScrapeConfig& config);

/// Reads http or https. \throw ConfigError
std::string ParseScheme(const YamlValue& value);

/// A duration of at least a tenth of a second. \throw ConfigError
int64_t ParseInterval(const YamlValue& value);

}  // namespace tidemark::config
