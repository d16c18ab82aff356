#include "analyzer/recording/rule_file.h"

#include <algorithm>
#include <set>

#include "common/exposition/parser.h"
#include "common/glob.h"

namespace tidemark::recording {
namespace {

using config::YamlMap;
using config::YamlValue;

RecordingRule ParseRule(const YamlValue& value) {
  RecordingRule rule;
  YamlMap map = value.Map();
  if (const auto alert = map.Find("alert"))
    alert->Fail("alerting rules are not evaluated; create a threshold (POST /api/v1/performance/thresholds)");
  const YamlValue record = map.Require("record");
  rule.record = record.String();
  if (!exposition::IsValidMetricName(rule.record)) record.Fail("\"" + rule.record + "\" is not a metric name");
  rule.expr = config::ParseExprField(map.Require("expr"), /*scalar_too=*/true);
  if (const auto labels = map.Find("labels")) rule.labels = config::ParseLabels(*labels);
  map.Finish();
  return rule;
}

}  // namespace

std::vector<RuleGroup> LoadRuleFile(const std::string& path) {
  std::vector<RuleGroup> groups;
  std::set<std::string> names;
  YamlMap root = config::ReadYamlFile(path).Map();
  for (const YamlValue& item : root.Require("groups").List()) {
    RuleGroup& group = groups.emplace_back();
    YamlMap map = item.Map();
    group.file = path;
    group.name = map.Require("name").String();
    if (!names.insert(group.name).second) item.Fail("group \"" + group.name + "\" comes twice");
    if (const auto interval = map.Find("interval")) group.interval_ms = interval->DurationMs();
    for (const YamlValue& rule : map.Require("rules").List()) group.rules.push_back(ParseRule(rule));
    map.Finish();
  }
  root.Finish();
  return groups;
}

std::vector<RuleGroup> LoadRuleFiles(const std::vector<std::string>& patterns) {
  std::vector<RuleGroup> all;
  for (const std::string& pattern : patterns) {
    const std::vector<std::string> paths = Glob(pattern);
    if (paths.empty() && pattern.find_first_of("*?[") == std::string::npos)
      throw config::ConfigError("rule file " + pattern + " does not exist");
    for (const std::string& path : paths) std::ranges::move(LoadRuleFile(path), std::back_inserter(all));
  }
  return all;
}

}  // namespace tidemark::recording
