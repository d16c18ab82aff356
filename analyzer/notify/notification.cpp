#include "analyzer/notify/notification.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/timestamp.h"

namespace tidemark::notify {
namespace {

using nlohmann::ordered_json;
using templating::Value;
using TextMap = std::map<std::string, std::string>;

constexpr const char* kNoTime = "0001-01-01T00:00:00Z";

class Fnv1a {
 public:
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<unsigned char>(c));
  }
  void AddByte(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211U; }
  [[nodiscard]] std::string Digits() const {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016" PRIx64, hash_);
    return digits.data();
  }

 private:
  uint64_t hash_ = 14695981039346656037U;
};

TextMap MapOf(const storage::Labels& labels) {
  TextMap map;
  for (const auto& [name, value] : labels) map[name] = value;
  return map;
}

/// What all maps have alike. `map_of` gives that of an alert.
template <typename F>
TextMap Common(const std::vector<NotifiedAlert>& alerts, F&& map_of) {
  if (alerts.empty()) return {};
  TextMap common = map_of(alerts.front());
  for (const NotifiedAlert& alert : alerts) {
    const TextMap map = map_of(alert);
    std::erase_if(common, [&](const auto& pair) {
      const auto it = map.find(pair.first);
      return it == map.end() || it->second != pair.second;
    });
  }
  return common;
}

TextMap CommonLabels(const Notification& notification) {
  return Common(notification.alerts, [](const NotifiedAlert& alert) { return MapOf(alert.message.labels); });
}

TextMap CommonAnnotations(const Notification& notification) {
  return Common(notification.alerts, [](const NotifiedAlert& alert) { return alert.message.annotations; });
}

const char* StatusOf(const NotifiedAlert& alert) { return alert.is_firing ? "firing" : "resolved"; }

std::string EndOf(const NotifiedAlert& alert) {
  return alert.is_firing ? kNoTime : FormatRfc3339(alert.message.ends_at_ms);
}

Value TextsValue(const TextMap& texts) {
  return {Value::MapKind::kText, templating::Fields(texts.begin(), texts.end())};
}

Value AlertValue(const NotifiedAlert& alert) {
  const AlertMessage& message = alert.message;
  return {Value::MapKind::kStruct,
          {{"Status", StatusOf(alert)},
           {"Labels", TextsValue(MapOf(message.labels))},
           {"Annotations", TextsValue(message.annotations)},
           {"StartsAt", FormatRfc3339(message.starts_at_ms)},
           {"EndsAt", EndOf(alert)},
           {"GeneratorURL", message.generator_url},
           {"Fingerprint", alert.fingerprint}}};
}

/// The highest severity of some alerts: critical, warning, info, or the first other one.
std::string HighestSeverity(const std::vector<NotifiedAlert>& alerts) {
  constexpr std::array<const char*, 3> kRising{"info", "warning", "critical"};
  std::string highest;
  ptrdiff_t rank = -1;
  for (const NotifiedAlert& alert : alerts) {
    const std::string severity(alert.message.labels.Get("severity"));
    const auto it = std::ranges::find(kRising, severity);
    const ptrdiff_t own = it == kRising.end() ? -1 : it - kRising.begin();
    if (own <= rank && !(rank == -1 && highest.empty())) continue;
    highest = severity;
    rank = own;
  }
  return highest;
}

}  // namespace

std::string Fingerprint(const storage::Labels& labels) {
  constexpr unsigned char kSeparator = 255;
  Fnv1a hash;
  for (const auto& [name, value] : labels) {
    hash.Add(name);
    hash.AddByte(kSeparator);
    hash.Add(value);
    hash.AddByte(kSeparator);
  }
  return hash.Digits();
}

size_t Notification::firing_count() const {
  return static_cast<size_t>(std::ranges::count_if(alerts, [](const NotifiedAlert& alert) { return alert.is_firing; }));
}

ordered_json WebhookBody(const Notification& notification, size_t max_alerts) {
  ordered_json alerts = ordered_json::array();
  for (const NotifiedAlert& alert : notification.alerts) {
    if (max_alerts != 0 && alerts.size() == max_alerts) break;
    alerts.push_back({{"status", StatusOf(alert)},
                      {"labels", MapOf(alert.message.labels)},
                      {"annotations", alert.message.annotations},
                      {"startsAt", FormatRfc3339(alert.message.starts_at_ms)},
                      {"endsAt", EndOf(alert)},
                      {"generatorURL", alert.message.generator_url},
                      {"fingerprint", alert.fingerprint}});
  }
  const size_t truncated = notification.alerts.size() - alerts.size();
  return {{"receiver", notification.receiver},
          {"status", notification.status()},
          {"alerts", std::move(alerts)},
          {"groupLabels", MapOf(notification.group_labels)},
          {"commonLabels", CommonLabels(notification)},
          {"commonAnnotations", CommonAnnotations(notification)},
          {"externalURL", notification.external_url},
          {"version", "4"},
          {"groupKey", notification.group_key},
          {"truncatedAlerts", truncated}};
}

Value TemplateData(const Notification& notification, const TextMap& values) {
  templating::List all;
  templating::List firing;
  templating::List resolved;
  std::vector<NotifiedAlert> burning;
  for (const NotifiedAlert& alert : notification.alerts) {
    all.push_back(AlertValue(alert));
    (alert.is_firing ? firing : resolved).push_back(all.back());
    if (alert.is_firing) burning.push_back(alert);
  }
  Fnv1a group;
  group.Add(notification.receiver + "\n" + notification.group_key);
  return {Value::MapKind::kStruct,
          {{"Receiver", notification.receiver},
           {"Status", notification.status()},
           {"Alerts", std::move(all)},
           {"Firing", std::move(firing)},
           {"Resolved", std::move(resolved)},
           {"GroupLabels", TextsValue(MapOf(notification.group_labels))},
           {"CommonLabels", TextsValue(CommonLabels(notification))},
           {"CommonAnnotations", TextsValue(CommonAnnotations(notification))},
           {"ExternalURL", notification.external_url},
           {"GroupKey", notification.group_key},
           {"GroupId", group.Digits()},
           {"Severity", HighestSeverity(burning.empty() ? notification.alerts : burning)},
           {"Values", TextsValue(values)}}};
}

}  // namespace tidemark::notify
