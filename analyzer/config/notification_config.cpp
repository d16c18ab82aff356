#include "analyzer/config/notification_config.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "analyzer/config/label_matcher.h"
#include "common/exposition/parser.h"
#include "common/yaml_json.h"

namespace tidemark::config {
namespace {

constexpr int kMaxRouteDepth = 16;

std::map<std::string, std::string> ParseTexts(const YamlValue& value) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, text] : value.Entries()) texts[name] = text.String();
  return texts;
}

int64_t ParsePositiveMs(const YamlValue& value) {
  const int64_t duration_ms = value.DurationMs();
  if (duration_ms <= 0) value.Fail("must be more than 0");
  return duration_ms;
}

void ReadBool(YamlMap& map, const char* name, bool& target) {
  if (const auto field = map.Find(name)) target = field->Bool();
}

void ReadText(YamlMap& map, const char* name, std::string& target) {
  if (const auto field = map.Find(name)) target = field->String();
}

void ReadPath(YamlMap& map, const char* name, const std::string& directory, std::string& target) {
  if (const auto field = map.Find(name)) target = field->Path(directory);
}

void ReadTimeout(YamlMap& map, int64_t& target_ms) {
  if (const auto field = map.Find("timeout")) target_ms = ParsePositiveMs(*field);
}

WebhookConfig ParseWebhook(const YamlValue& value, const std::string& directory) {
  WebhookConfig config;
  YamlMap map = value.Map();
  if (const auto field = map.Find("url")) {
    config.url = field->String();
    if (!config.url.starts_with("http://") && !config.url.starts_with("https://"))
      field->Fail("must be an http:// or https:// URL");
  }
  ReadPath(map, "url_file", directory, config.url_file);
  if (config.url.empty() == config.url_file.empty()) map.Fail("one of url and url_file must be set");
  ReadBool(map, "send_resolved", config.send_resolved);
  if (const auto field = map.Find("max_alerts")) config.max_alerts = field->Count();
  ReadTimeout(map, config.timeout_ms);
  ReadText(map, "hmac_secret", config.hmac_secret);
  ReadPath(map, "hmac_secret_file", directory, config.hmac_secret_file);
  if (const auto field = map.Find("template")) {
    config.body_template = field->String();
    if (config.body_template.find('/') != std::string::npos) config.body_template = field->Path(directory);
  }
  if (const auto field = map.Find("values")) config.values = ParseTexts(*field);
  if (const auto field = map.Find("value_files")) {
    for (const auto& [name, path] : field->Entries()) config.value_files[name] = path.Path(directory);
  }
  if (const auto field = map.Find("http_config")) {
    YamlMap client = field->Map();
    config.client = ParseHttpClientConfig(client, directory);
    client.Finish();
  }
  map.Finish();
  return config;
}

EmailConfig ParseEmail(const YamlValue& value, const std::string& directory) {
  EmailConfig config;
  YamlMap map = value.Map();
  config.to = map.Require("to").String();
  config.from = map.Require("from").String();
  config.smarthost = map.Require("smarthost").String();
  if (config.smarthost.find(':') == std::string::npos) map.Require("smarthost").Fail("must be host:port");
  for (const char* name : {"to", "from", "smarthost"}) {
    const YamlValue field = map.Require(name);
    // They become lines of the SMTP dialogue.
    if (std::ranges::any_of(field.String(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      field.Fail("must not have control characters");
  }
  ReadText(map, "auth_username", config.auth_username);
  ReadText(map, "auth_password", config.auth_password);
  ReadPath(map, "auth_password_file", directory, config.auth_password_file);
  ReadBool(map, "require_tls", config.require_tls);
  ReadBool(map, "send_resolved", config.send_resolved);
  ReadTimeout(map, config.timeout_ms);
  ReadText(map, "subject", config.subject);
  if (const auto field = map.Find("tls_config")) config.tls = ParseTlsConfig(*field, directory);
  map.Finish();
  return config;
}

CommandConfig ParseCommand(const YamlValue& value) {
  CommandConfig config;
  YamlMap map = value.Map();
  const YamlValue command = map.Require("command");
  config.argv = command.Strings();
  if (config.argv.empty() || !config.argv.front().starts_with('/'))
    command.Fail("must be a list: the absolute path of a program, and its arguments");
  ReadBool(map, "send_resolved", config.send_resolved);
  ReadTimeout(map, config.timeout_ms);
  map.Finish();
  return config;
}

/// Calls `parse` for each item of an optional list.
template <typename T, typename F>
void ReadList(YamlMap& map, const char* name, std::vector<T>& target, F&& parse) {
  if (const auto field = map.Find(name)) {
    for (const YamlValue& item : field->List()) target.push_back(parse(item));
  }
}

ReceiverConfig ParseReceiver(const YamlValue& value, const std::string& directory) {
  ReceiverConfig config;
  YamlMap map = value.Map();
  config.name = map.Require("name").String();
  if (config.name.empty()) map.Require("name").Fail("must not be empty");
  ReadList(map, "webhook_configs", config.webhooks,
           [&](const YamlValue& item) { return ParseWebhook(item, directory); });
  ReadList(map, "email_configs", config.emails, [&](const YamlValue& item) { return ParseEmail(item, directory); });
  ReadList(map, "command_configs", config.commands, ParseCommand);
  map.Finish();
  return config;
}

std::vector<storage::Matcher> ParseMatchers(const YamlValue& value) {
  std::vector<storage::Matcher> matchers;
  for (const YamlValue& item : value.List()) {
    try {
      matchers.push_back(ParseLabelMatcher(item.String()));
    } catch (const std::invalid_argument& error) {
      item.Fail(error.what());
    }
  }
  return matchers;
}

std::vector<std::string> ParseLabelNames(const YamlValue& value) {
  std::vector<std::string> names;
  for (const YamlValue& item : value.List()) {
    names.push_back(item.String());
    if (!exposition::IsValidLabelName(names.back())) item.Fail("must be the name of a label");
  }
  return names;
}

/// What a route is held against.
struct RouteNames {
  std::set<std::string> receivers;
  std::set<std::string> time_intervals;
};

std::vector<std::string> ParseIntervalNames(const YamlValue& value, const RouteNames& names) {
  std::vector<std::string> found = value.Strings();
  for (const std::string& name : found) {
    if (!names.time_intervals.contains(name)) value.Fail("there is no time interval \"" + name + "\"");
  }
  return found;
}

/// `parent` has what is inherited; null: the root.
RouteConfig ParseRoute(const YamlValue& value, const RouteConfig* parent, const RouteNames& names, int depth) {
  if (depth > kMaxRouteDepth) value.Fail("routes are nested more than " + std::to_string(kMaxRouteDepth) + " deep");
  RouteConfig route;
  if (parent != nullptr) {
    route = *parent;
    // These are of the one route only.
    route.matchers.clear();
    route.continue_matching = false;
    route.mute_time_intervals.clear();
    route.active_time_intervals.clear();
    route.routes.clear();
  }
  YamlMap map = value.Map();
  if (const auto field = map.Find("receiver")) {
    route.receiver = field->String();
    if (!names.receivers.contains(route.receiver)) field->Fail("there is no receiver \"" + route.receiver + "\"");
  } else if (parent == nullptr) {
    map.Fail("field \"receiver\" is missing");
  }
  for (const char* old : {"match", "match_re"}) {
    if (const auto field = map.Find(old)) field->Fail("use matchers, such as ['severity=\"critical\"']");
  }
  if (const auto field = map.Find("matchers")) {
    if (parent == nullptr) field->Fail("the root takes every alert");
    route.matchers = ParseMatchers(*field);
  }
  if (const auto field = map.Find("group_by")) {
    const std::vector<std::string> labels = field->Strings();
    route.group_by_all = labels == std::vector<std::string>{"..."};
    route.group_by = route.group_by_all ? std::vector<std::string>() : ParseLabelNames(*field);
    std::ranges::sort(route.group_by);
  }
  if (const auto field = map.Find("group_wait")) route.group_wait_ms = field->DurationMs();
  if (const auto field = map.Find("group_interval")) route.group_interval_ms = ParsePositiveMs(*field);
  if (const auto field = map.Find("repeat_interval")) route.repeat_interval_ms = ParsePositiveMs(*field);
  if (const auto field = map.Find("continue")) route.continue_matching = field->Bool();
  if (const auto field = map.Find("mute_time_intervals")) route.mute_time_intervals = ParseIntervalNames(*field, names);
  if (const auto field = map.Find("active_time_intervals"))
    route.active_time_intervals = ParseIntervalNames(*field, names);
  if (const auto field = map.Find("routes")) {
    const RouteConfig inherited = route;
    for (const YamlValue& item : field->List()) route.routes.push_back(ParseRoute(item, &inherited, names, depth + 1));
  }
  map.Finish();
  return route;
}

std::map<std::string, TimeIntervals> ParseNamedIntervals(const YamlValue& value) {
  std::map<std::string, TimeIntervals> intervals;
  for (const YamlValue& item : value.List()) {
    YamlMap map = item.Map();
    const std::string name = map.Require("name").String();
    const YamlValue list = map.Require("time_intervals");
    std::vector<http::FieldError> errors;
    const TimeIntervals parsed = ParseTimeIntervals(YamlToJson(list), "", errors);
    if (!errors.empty()) list.Fail(errors.front().pointer + " " + errors.front().detail);
    if (!intervals.emplace(name, parsed).second) item.Fail("time interval \"" + name + "\" comes twice");
    map.Finish();
  }
  return intervals;
}

}  // namespace

std::vector<InhibitRule> ParseInhibitRules(const YamlValue& value) {
  std::vector<InhibitRule> rules;
  for (const YamlValue& item : value.List()) {
    YamlMap map = item.Map();
    InhibitRule rule;
    rule.source_matchers = ParseMatchers(map.Require("source_matchers"));
    rule.target_matchers = ParseMatchers(map.Require("target_matchers"));
    if (const auto field = map.Find("equal")) rule.equal = ParseLabelNames(*field);
    map.Finish();
    rules.push_back(std::move(rule));
  }
  return rules;
}

NotificationConfig ParseNotificationConfig(YamlMap& map, const std::string& directory) {
  NotificationConfig config;
  RouteNames names;
  if (const auto field = map.Find("time_intervals")) config.time_intervals = ParseNamedIntervals(*field);
  for (const auto& [name, intervals] : config.time_intervals) names.time_intervals.insert(name);
  if (const auto field = map.Find("receivers")) {
    for (const YamlValue& item : field->List()) {
      config.receivers.push_back(ParseReceiver(item, directory));
      const std::string& name = config.receivers.back().name;
      if (!names.receivers.insert(name).second) item.Fail("receiver \"" + name + "\" comes twice");
    }
  }
  if (const auto field = map.Find("inhibit_rules")) config.inhibit_rules = ParseInhibitRules(*field);
  if (const auto field = map.Find("route"))
    config.route = std::make_shared<const RouteConfig>(ParseRoute(*field, nullptr, names, 0));
  if (!config.receivers.empty() && config.route == nullptr)
    map.Fail("there are receivers, but no route to any: add route: {receiver: " + config.receivers.front().name + "}");
  return config;
}

}  // namespace tidemark::config
