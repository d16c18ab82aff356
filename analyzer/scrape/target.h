#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/storage/labels.h"

namespace tidemark::scrape {

/// One endpoint to scrape: its job's settings, what relabelling made of them, and the labels its series get.
struct Target {
  std::shared_ptr<const config::ScrapeConfig> job;
  std::string scheme;
  std::string address;         ///< "host:port"
  std::string path_and_query;  ///< as requested
  int64_t scrape_interval_ms = 0;
  int64_t scrape_timeout_ms = 0;
  storage::Labels labels;             ///< job, instance and the others that do not begin with "__"
  storage::Labels discovered_labels;  ///< as before relabelling: __address__ and so on

  /// scheme://host:port, for the HTTP client.
  [[nodiscard]] std::string BaseUrl() const { return scheme + "://" + address; }
  [[nodiscard]] std::string Url() const { return BaseUrl() + path_and_query; }
  /// Where in its interval this target is scraped, in [0, interval): spread by a hash, so that a thousand targets make
  /// no burst, and the same after every restart.
  [[nodiscard]] int64_t OffsetMs() const;
  /// Same endpoint, labels and settings.
  [[nodiscard]] std::string Identity() const;
};

/// What a job's target groups come to.
struct TargetSet {
  std::vector<Target> active;
  std::vector<storage::Labels> dropped;  ///< by relabelling: the labels as discovered
  std::vector<std::string> errors;       ///< of targets that cannot be used, for the log
};

/// Adds the targets of a job's groups: labels, relabelling, defaults, checks, as Prometheus does (scrape/target.go).
/// Equal targets count once.
void AddTargets(const std::shared_ptr<const config::ScrapeConfig>& job, const std::vector<config::TargetGroup>& groups,
                TargetSet& set);

/// The targets that a configuration lists itself.
TargetSet StaticTargets(const config::Config& config);

}  // namespace tidemark::scrape
