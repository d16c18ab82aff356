#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/notify/alert_message.h"
#include "analyzer/storage/labels.h"
#include "analyzer/templating/value.h"

namespace tidemark::notify {

/// 16 hexadecimal digits of a label set, as Prometheus and Alertmanager make them (FNV-1a, 64 bits, over each name and
/// value with a byte 255 after it).
std::string Fingerprint(const storage::Labels& labels);

/// An alert in a notification.
struct NotifiedAlert {
  NotifiedAlert(AlertMessage told, bool firing)
      : message(std::move(told)), is_firing(firing), fingerprint(Fingerprint(message.labels)) {}

  AlertMessage message;
  bool is_firing;
  std::string fingerprint;  ///< of its labels
};

/// What one receiver is told at one time: the alerts of a group.
struct Notification {
  std::string receiver;
  std::string group_key;
  storage::Labels group_labels;
  std::string external_url;
  std::vector<NotifiedAlert> alerts;  ///< by labels
  /// The same for every try to tell the same, another for anything else: receivers can drop what comes twice.
  std::string idempotency_key;

  [[nodiscard]] size_t firing_count() const;
  [[nodiscard]] const char* status() const { return firing_count() > 0 ? "firing" : "resolved"; }
};

/// Alertmanager's body of version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
/// `max_alerts` 0: all.
nlohmann::ordered_json WebhookBody(const Notification& notification, size_t max_alerts);

/// What templates of bodies see as the dot, in the words of Alertmanager's: .Receiver, .Status, .Alerts, .Firing and
/// .Resolved (lists of .Status, .Labels, .Annotations, .StartsAt, .EndsAt, .GeneratorURL, .Fingerprint), .GroupLabels,
/// .CommonLabels, .CommonAnnotations, .ExternalURL, .GroupKey; and .GroupId (the key in 16 digits), .Severity (the
/// highest of those that fire, else of all) and .Values.
templating::Value TemplateData(const Notification& notification, const std::map<std::string, std::string>& values);

}  // namespace tidemark::notify
