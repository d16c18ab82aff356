#include "analyzer/rules/rule_file.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "common/exposition/parser.h"
#include "common/utf8.h"

namespace tidemark::rules {
namespace {

using config::ConfigError;
using config::YamlMap;
using config::YamlValue;
using templating::AlertTemplate;
using templating::TemplateMap;

/// Labels of recording rules are plain texts.
TemplateMap ParseTemplates(const YamlValue& value, Rule::Kind kind) {
  TemplateMap templates;
  for (const auto& [name, field] : value.Entries()) {
    if (!exposition::IsValidLabelName(name) || name == storage::kMetricName)
      field.Fail("\"" + name + "\" is not a label name");
    const std::string text = field.node().IsNull() ? "" : field.String();
    if (!IsValidUtf8(text)) field.Fail("is not valid UTF-8");
    try {
      templates.emplace(name, kind == Rule::Kind::kAlerting ? AlertTemplate(text, AlertTemplate::Owner::kRule)
                                                            : AlertTemplate::Plain(text));
    } catch (const templating::TemplateError& error) {
      field.Fail(std::string("template: ") + error.what());
    }
  }
  return templates;
}

Rule ParseRule(const YamlValue& value) {
  Rule rule;
  YamlMap map = value.Map();
  const auto record = map.Find("record");
  const auto alert = map.Find("alert");
  if (record && alert) value.Fail("only one of record and alert may be set");
  if (!record && !alert) value.Fail("one of record and alert must be set");
  rule.kind = alert ? Rule::Kind::kAlerting : Rule::Kind::kRecording;
  rule.name = (alert ? alert : record)->String();
  if (rule.name.empty()) value.Fail("one of record and alert must be set");
  if (record && !exposition::IsValidMetricName(rule.name)) record->Fail("\"" + rule.name + "\" is not a metric name");
  // What gives no series fails when it is evaluated, as in Prometheus.
  rule.expr = config::ParseExprField(map.Require("expr"), config::ExprResult::kAny);
  if (const auto labels = map.Find("labels")) rule.labels = ParseTemplates(*labels, rule.kind);
  for (const char* name : {"for", "keep_firing_for", "annotations"}) {
    const auto field = map.Find(name);
    if (!field) continue;
    // Zero and nothing are what a recording rule has.
    const bool annotations = std::string_view(name) == "annotations";
    const bool empty = annotations ? field->Entries().empty() : field->DurationMs() == 0;
    if (record && !empty) field->Fail("a recording rule has no such field");
  }
  if (const auto field = map.Find("for")) rule.for_ms = field->DurationMs();
  if (const auto field = map.Find("keep_firing_for")) rule.keep_firing_for_ms = field->DurationMs();
  if (const auto field = map.Find("annotations")) rule.annotations = ParseTemplates(*field, rule.kind);
  map.Finish();
  return rule;
}

/// Collects what is wrong, so that a file's faults are seen at once.
class Faults {
 public:
  template <typename F>
  void Collect(F&& parse) {
    try {
      parse();
    } catch (const ConfigError& error) {
      text_ += (text_.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  void Throw() const {
    if (!text_.empty()) throw ConfigError(text_);
  }

 private:
  std::string text_;
};

RuleGroup ParseGroup(const YamlValue& value, Faults& faults) {
  RuleGroup group;
  YamlMap map = value.Map();
  group.name = map.Require("name").String();
  if (group.name.empty()) value.Fail("name must not be empty");
  if (const auto interval = map.Find("interval")) group.interval_ms = interval->DurationMs();
  if (const auto limit = map.Find("limit")) group.limit = limit->Count();
  if (const auto rules = map.Find("rules")) {
    for (const YamlValue& rule : rules->List()) faults.Collect([&] { group.rules.push_back(ParseRule(rule)); });
  }
  map.Finish();
  return group;
}

std::string LabelsText(const TemplateMap& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += (text.empty() ? "" : ", ") + name + "=\"" + value.text() + '"';
  return '{' + text + '}';
}

}  // namespace

std::vector<RuleGroup> LoadRuleFile(const std::string& path) { return ParseRuleFile(path, config::ReadYamlText(path)); }

std::vector<RuleGroup> ParseRuleFile(const std::string& file, const std::string& text) {
  std::vector<RuleGroup> groups;
  const YamlValue content = config::ParseYaml(file, text);
  if (content.node().IsNull()) return groups;
  Faults faults;
  std::set<std::string> names;
  YamlMap root = content.Map();
  const auto list = root.Find("groups");
  for (const YamlValue& item : list ? list->List() : std::vector<YamlValue>()) {
    faults.Collect([&] {
      RuleGroup group = ParseGroup(item, faults);
      group.file = file;
      if (!names.insert(group.name).second) item.Fail("group \"" + group.name + "\" comes twice");
      groups.push_back(std::move(group));
    });
  }
  faults.Collect([&] { root.Finish(); });
  faults.Throw();
  return groups;
}

std::vector<RuleGroup> LoadRuleFiles(const std::vector<std::string>& patterns) {
  std::vector<RuleGroup> all;
  for (const std::string& path : config::ConfiguredFiles(patterns, "rule file"))
    std::ranges::move(LoadRuleFile(path), std::back_inserter(all));
  return all;
}

std::vector<std::string> DuplicateRules(const std::vector<RuleGroup>& groups) {
  std::map<std::string, size_t> counts;
  for (const RuleGroup& group : groups) {
    for (const Rule& rule : group.rules) ++counts["metric: " + rule.name + ", labels: " + LabelsText(rule.labels)];
  }
  std::vector<std::string> duplicates;
  for (const auto& [text, count] : counts) {
    if (count > 1) duplicates.push_back(text);
  }
  return duplicates;
}

}  // namespace tidemark::rules
