#include "analyzer/rule_set.h"

#include <array>
#include <filesystem>

#include "common/file.h"
#include "common/yaml_reader.h"

namespace tidemark {
namespace {

std::vector<config::InhibitRule> LoadInhibitRules(const std::string& path) {
  config::YamlMap root = config::ReadYamlFile(path).Map();
  std::vector<config::InhibitRule> rules = config::ParseInhibitRules(root.Require("inhibit_rules"));
  root.Finish();
  return rules;
}

}  // namespace

RuleSetPtr LoadRuleSet(const std::string& directory, const std::vector<std::string>& rule_files,
                       const std::vector<std::string>& threshold_files) {
  auto rules = std::make_shared<RuleSet>();
  rules->shipped_groups =
      rules::LoadRuleFiles({JoinPath(directory, "recording.yml"), JoinPath(directory, "alerts.yml")});
  rules->own_groups = rules::LoadRuleFiles(rule_files);
  rules->indicators = rules::LoadIndicators(JoinPath(directory, "indicators.yml"));
  rules->thresholds = thresholds::LoadThresholds(JoinPath(directory, "thresholds.yml"));
  rules->own_thresholds = thresholds::LoadThresholdFiles(threshold_files);
  rules->inhibit_rules = LoadInhibitRules(JoinPath(directory, "inhibition.yml"));
  rules->health = health::LoadHealthModel(JoinPath(directory, "health.yml"));
  rules->recommendations = advice::LoadRecommendationRules(JoinPath(directory, "recommendations.yml"));
  return rules;
}

std::string FindShippedRules() {
  std::error_code error;
  const std::filesystem::path binary = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* candidate : {"../share/tidemark/rules", "../../../rules", "/usr/share/tidemark/rules"}) {
    const std::filesystem::path path = (binary / candidate).lexically_normal();
    if (std::filesystem::exists(path / "recording.yml", error)) return path.string();
  }
  throw config::ConfigError("cannot find the shipped rules; say where they are with --rules.path");
}

}  // namespace tidemark
