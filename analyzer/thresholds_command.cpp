#include "analyzer/thresholds_command.h"

#include <cmath>
#include <iostream>
#include <iterator>

#include "analyzer/api_client.h"
#include "analyzer/templating/humanize.h"
#include "analyzer/text_table.h"
#include "common/duration.h"
#include "common/file.h"
#include "common/http/url.h"
#include "common/number_format.h"
#include "common/yaml_json.h"

namespace tidemark {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Output = ThresholdsCommand::Output;

constexpr const char* kBase = "/api/v1/performance/";
constexpr size_t kMaxFileBytes = size_t{8} << 20;

std::string ItemPath(const std::string& name) { return std::string(kBase) + "thresholds/" + http::EncodePercent(name); }

/// What an analyzer refuses goes to standard error, a line for each field.
int Refused(const ApiClient::Answer& answer) {
  std::cerr << "tidemark-analyzer: " << answer.body.value("detail", "refused with " + std::to_string(answer.status))
            << '\n';
  if (answer.body.contains("errors")) {
    for (const ordered_json& error : answer.body["errors"])
      std::cerr << "  " << error.value("pointer", "") << ": " << error.value("detail", "") << '\n';
  }
  return 1;
}

void Warn(const ordered_json& body) {
  if (!body.is_object() || !body.contains("warnings")) return;
  for (const ordered_json& warning : body["warnings"]) std::cerr << "warning: " << warning.get<std::string>() << '\n';
}

void PrintJson(const ordered_json& body) {
  std::cout << body.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

std::string TextOf(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? FormatApiFloat(value.get<double>()) : value.dump();
}

/// "> 70/85/95", or "!= 4 deviations".
std::string ConditionText(const ordered_json& threshold) {
  std::string text = threshold.value("operator", "");
  const bool has_levels = threshold.contains("levels");
  const ordered_json& levels =
      has_levels ? threshold["levels"] : threshold.value("baseline", ordered_json::object())["deviations"];
  std::string values;
  if (levels.is_object()) {
    for (const auto& [level, value] : levels.items()) values += (values.empty() ? "" : "/") + TextOf(value);
  } else {
    values = TextOf(levels);
  }
  return text + " " + values + (has_levels ? "" : " deviations");
}

std::string SecondsText(const ordered_json& seconds) {
  return FormatDurationMs(static_cast<int64_t>(seconds.get<double>()) * 1000);
}

int List(const ApiClient& client, const ThresholdsCommand& command) {
  std::string path = std::string(kBase) + "thresholds";
  if (!command.name.empty()) path += "?name=" + http::EncodeQuery(command.name);
  const ApiClient::Answer answer = client.Call("GET", path);
  if (answer.status != 200) return Refused(answer);
  if (command.output == Output::kJson) {
    PrintJson(answer.body);
    return 0;
  }
  TextTable table({"NAME", "CONDITION", "FOR", "ENABLED", "ORIGIN", "EXPRESSION"});
  for (const ordered_json& threshold : answer.body["thresholds"]) {
    if (command.output == Output::kName) {
      std::cout << threshold["name"].get<std::string>() << '\n';
      continue;
    }
    table.Add({TextOf(threshold["name"]), ConditionText(threshold), TextOf(threshold["for"]),
               threshold["enabled"] == true ? "yes" : "no", TextOf(threshold["origin"]), TextOf(threshold["expr"])});
  }
  if (command.output == Output::kTable) table.Print(std::cout);
  return 0;
}

/// The fields of one threshold, a line each.
int PrintThreshold(const ApiClient::Answer& answer, const ThresholdsCommand& command) {
  if (answer.status >= 300) return Refused(answer);
  Warn(answer.body);
  if (command.output == Output::kJson) {
    PrintJson(answer.body);
    return 0;
  }
  TextTable table({"FIELD", "VALUE"});
  for (const auto& [field, value] : answer.body.items()) {
    if (field != "warnings" && !value.is_null()) table.Add({field, TextOf(value)});
  }
  table.Print(std::cout);
  return 0;
}

/// A value of the command line: JSON where it is some, otherwise a text.
json ValueOf(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

/// A merge patch of "levels.warning=85" and "for=2m". \throw std::runtime_error
json PatchOf(const std::vector<std::string>& assignments) {
  json patch = json::object();
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw std::runtime_error("expected FIELD=VALUE, not \"" + assignment + "\"");
    json* target = &patch;
    std::string path = assignment.substr(0, equals);
    for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
      target = &(*target)[path.substr(0, dot)];
      if (!target->is_object() && !target->is_null())
        throw std::runtime_error("\"" + assignment + "\" does not go with what comes before it");
      path = path.substr(dot + 1);
    }
    (*target)[path] = ValueOf(assignment.substr(equals + 1));
  }
  return patch;
}

std::string ReadInput(const std::string& file) {
  if (file != "-") return ReadFileOrThrow(file, kMaxFileBytes);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

int Set(const ApiClient& client, const ThresholdsCommand& command) {
  const std::string dry_run = command.dry_run ? "?dry_run=true" : "";
  if (command.file.empty()) {
    if (command.name.empty() || command.assignments.empty())
      throw std::runtime_error("say what to set: NAME FIELD=VALUE…, or --file FILE");
    return PrintThreshold(client.Call("PATCH", ItemPath(command.name) + dry_run, PatchOf(command.assignments).dump()),
                          command);
  }
  const std::string text = ReadInput(command.file);
  const json body = config::YamlToJson(config::ParseYaml(command.file, text));
  const bool is_set = body.is_object() && (body.contains("thresholds") || body.contains("groups"));
  if (!is_set) {
    const std::string name =
        body.is_object() && body.contains("name") && body["name"].is_string() ? body["name"].get<std::string>() : "";
    if (name.empty()) throw std::runtime_error(command.file + " has no threshold: name is missing");
    return PrintThreshold(client.Call("PUT", ItemPath(name) + dry_run, body.dump()), command);
  }
  const ApiClient::Answer answer =
      client.Call("POST", std::string(kBase) + "thresholds/import" + dry_run, text, "application/yaml");
  if (answer.status >= 300) return Refused(answer);
  Warn(answer.body);
  if (command.output == Output::kJson) {
    PrintJson(answer.body);
    return 0;
  }
  for (const char* change : {"created", "updated", "deleted"}) {
    for (const ordered_json& name : answer.body[change])
      std::cout << (command.dry_run ? "would be " : "") << change << ": " << name.get<std::string>() << '\n';
  }
  std::cout << "unchanged: " << answer.body["unchanged"] << '\n';
  return 0;
}

int Remove(const ApiClient& client, const ThresholdsCommand& command) {
  const ApiClient::Answer answer =
      client.Call("DELETE", ItemPath(command.name) + (command.dry_run ? "?dry_run=true" : ""));
  return answer.status == 204 ? 0 : Refused(answer);
}

int Backtest(const ApiClient& client, const ThresholdsCommand& command) {
  json request = json::object();
  if (!command.window.empty()) request["window"] = command.window;
  if (command.file.empty()) {
    request["name"] = command.name;
  } else {
    request["threshold"] = config::YamlToJson(config::ParseYaml(command.file, ReadInput(command.file)));
  }
  const ApiClient::Answer answer = client.Call("POST", std::string(kBase) + "backtest", request.dump());
  if (answer.status != 200) return Refused(answer);
  if (command.output == Output::kJson) {
    PrintJson(answer.body);
    return 0;
  }
  const ordered_json& body = answer.body;
  std::cout << TextOf(body["alerts"]) << " alerts of " << TextOf(body["alerting_label_sets"]) << " of "
            << TextOf(body["label_sets"]) << " label sets from " << TextOf(body["start"]) << " to "
            << TextOf(body["end"]) << "; firing " << SecondsText(body["firing_seconds"]) << ", longest "
            << SecondsText(body["longest_seconds"]) << ", " << TextOf(body["flaps"]) << " flaps\n\n";
  TextTable examples({"FROM", "TO", "LEVEL", "WORST", "LABELS"});
  for (const ordered_json& example : body["examples"]) {
    examples.Add({TextOf(example["start"]), TextOf(example["end"]), TextOf(example["level"]), TextOf(example["worst"]),
                  TextOf(example["labels"])});
  }
  examples.Print(std::cout);
  std::cout << '\n';
  TextTable sweep({"VALUE", "ALERTS", "A DAY", "FIRING", "FLAPS"});
  for (const ordered_json& point : body["sweep"]) {
    sweep.Add({templating::Humanize(point["value"].get<double>()), TextOf(point["alerts"]),
               templating::Humanize(point["alerts_per_day"].get<double>()), SecondsText(point["firing_seconds"]),
               TextOf(point["flaps"])});
  }
  sweep.Print(std::cout);
  return 0;
}

int Suggest(const ApiClient& client, const ThresholdsCommand& command) {
  const std::string window = command.window.empty() ? "" : "?window=" + http::EncodeQuery(command.window);
  const ApiClient::Answer answer = client.Call("GET", std::string(kBase) + "suggestions" + window);
  if (answer.status != 200) return Refused(answer);
  if (command.output == Output::kJson) {
    PrintJson(answer.body);
    return 0;
  }
  TextTable table({"KIND", "THRESHOLD", "CONDITION", "ALERTS", "REASON"});
  for (const ordered_json& suggestion : answer.body["suggestions"]) {
    table.Add({TextOf(suggestion["kind"]), TextOf(suggestion["threshold"]["name"]),
               ConditionText(suggestion["threshold"]), TextOf(suggestion["backtest"]["alerts"]),
               TextOf(suggestion["reason"])});
  }
  table.Print(std::cout);
  return 0;
}

}  // namespace

int RunThresholdsCommand(const ThresholdsCommand& command) {
  const ApiClient client(command.url, command.http_config_file);
  using Action = ThresholdsCommand::Action;
  switch (command.action) {
    case Action::kList:
      return List(client, command);
    case Action::kGet:
      return PrintThreshold(client.Call("GET", ItemPath(command.name)), command);
    case Action::kSet:
      return Set(client, command);
    case Action::kRemove:
      return Remove(client, command);
    case Action::kBacktest:
      return Backtest(client, command);
    case Action::kSuggest:
      return Suggest(client, command);
  }
  return 1;
}

}  // namespace tidemark
