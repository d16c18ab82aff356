#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/storage/matcher.h"
#include "common/http_client_config.h"
#include "common/time_interval.h"
#include "common/yaml_reader.h"

// Who is told of alerts without an Alertmanager, in the words of Alertmanager's configuration
// (https://prometheus.io/docs/alerting/latest/configuration/), as part of `alerting`.

namespace tidemark::config {

/// A POST of Alertmanager's version 4 body, or of one that a template file makes.
struct WebhookConfig {
  std::string url;
  std::string url_file;  ///< read at each notification, in place of url
  bool send_resolved = true;
  size_t max_alerts = 0;  ///< in one body; 0: all
  int64_t timeout_ms = 10'000;
  std::string hmac_secret;  ///< signs the body; empty: none
  std::string hmac_secret_file;
  std::string body_template;  ///< name of a file of rules/notify without .yml, or path of one; empty: version 4
  std::map<std::string, std::string> values;       ///< what its texts call .Values
  std::map<std::string, std::string> value_files;  ///< the same, read at each notification
  HttpClientConfig client;
};

struct EmailConfig {
  std::string to;
  std::string from;
  std::string smarthost;  ///< host:port
  std::string auth_username;
  std::string auth_password;
  std::string auth_password_file;
  bool require_tls = true;
  bool send_resolved = false;
  int64_t timeout_ms = 30'000;
  std::string subject;  ///< a template; empty: the default
  HttpClientConfig::Tls tls;
};

/// A program that gets the version 4 body on its standard input.
struct CommandConfig {
  std::vector<std::string> argv;  ///< with the path of the program first; no shell
  bool send_resolved = true;
  int64_t timeout_ms = 30'000;
};

struct ReceiverConfig {
  std::string name;
  std::vector<WebhookConfig> webhooks;
  std::vector<EmailConfig> emails;
  std::vector<CommandConfig> commands;
};

/// A node of the routing tree.
struct RouteConfig {
  std::string receiver;
  std::vector<storage::Matcher> matchers;  ///< of the labels it takes; all must fit
  std::vector<std::string> group_by;
  bool group_by_all = false;
  int64_t group_wait_ms = 30'000;
  int64_t group_interval_ms = 5 * 60'000;
  int64_t repeat_interval_ms = 4 * 3'600'000;
  bool continue_matching = false;  ///< with the siblings after it
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  std::vector<RouteConfig> routes;
};

/// Alerts that fit the target are not told of while one fits the source with the same values of some labels.
struct InhibitRule {
  std::vector<storage::Matcher> source_matchers;
  std::vector<storage::Matcher> target_matchers;
  std::vector<std::string> equal;
};

struct NotificationConfig {
  std::shared_ptr<const RouteConfig> route;  ///< null: nobody is told
  std::vector<ReceiverConfig> receivers;
  std::vector<InhibitRule> inhibit_rules;
  std::map<std::string, TimeIntervals> time_intervals;
};

/// Reads `route`, `receivers`, `inhibit_rules` and `time_intervals` out of a map that may have more fields. Relative
/// files are relative to `directory`. \throw ConfigError
NotificationConfig ParseNotificationConfig(YamlMap& map, const std::string& directory);

/// Reads a list of inhibition rules. \throw ConfigError
std::vector<InhibitRule> ParseInhibitRules(const YamlValue& value);

}  // namespace tidemark::config
