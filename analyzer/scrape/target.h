#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/storage/labels.h"

namespace tidemark::scrape {

/// One endpoint to scrape: its job's settings and the labels its series get.
struct Target {
  config::ScrapeConfig job;
  std::string address;                                   ///< "host:port"
  storage::Labels labels;                                ///< job, instance and the configured ones
  std::vector<storage::Labels::Pair> discovered_labels;  ///< as before relabelling: __address__ and so on

  /// scheme://host:port, for the HTTP client.
  [[nodiscard]] std::string BaseUrl() const { return job.scheme + "://" + address; }
  /// Path and query.
  [[nodiscard]] std::string PathAndQuery() const;
  [[nodiscard]] std::string Url() const { return BaseUrl() + PathAndQuery(); }
  /// Where in its interval this target is scraped, in [0, interval): spread by a hash, so that a thousand targets make
  /// no burst, and the same after every restart.
  [[nodiscard]] int64_t OffsetMs() const;
  /// Same endpoint, labels and settings.
  [[nodiscard]] std::string Identity() const;
};

/// Every target of the configuration, in its order. An address without a port gets the scheme's.
std::vector<Target> MakeTargets(const config::Config& config);

}  // namespace tidemark::scrape
