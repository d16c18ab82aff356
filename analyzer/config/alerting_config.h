#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/config/notification_config.h"
#include "analyzer/config/scrape_config.h"

namespace tidemark::config {

/// `alerting` of prometheus.yml, and in it what alertmanager.yml has: who is told of alerts.
struct AlertingConfig {
  std::vector<RelabelConfig> alert_relabel_configs;
  /// Each entry of `alertmanagers` as a job whose targets are found as those of scrape jobs are: the path is that of
  /// their API, the timeout that of one delivery.
  std::vector<ScrapeConfig> alertmanagers;
  NotificationConfig notification;  ///< who is told without one
};

/// Relative files are relative to `directory`. \throw ConfigError
AlertingConfig ParseAlertingConfig(const YamlValue& value, const std::string& directory);

}  // namespace tidemark::config
