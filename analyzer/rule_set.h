#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzer/advice/recommendation.h"
#include "analyzer/config/notification_config.h"
#include "analyzer/health/health_model.h"
#include "analyzer/rules/indicator.h"
#include "analyzer/rules/rule_file.h"
#include "analyzer/thresholds/threshold_file.h"

namespace tidemark {

/// Everything that rules/ and the configured rule files say, loaded as a whole: a reload swaps it or keeps the old one.
/// Immutable.
struct RuleSet {
  std::vector<rules::RuleGroup> shipped_groups;
  std::vector<rules::RuleGroup> own_groups;  ///< of the rule files that the configuration names
  std::vector<rules::Indicator> indicators;
  std::vector<thresholds::Threshold> thresholds;
  std::vector<thresholds::Threshold> own_thresholds;  ///< of the threshold files that the configuration names
  std::vector<config::InhibitRule> inhibit_rules;
  health::HealthModel health;
  std::vector<advice::RecommendationRule> recommendations;
};

using RuleSetPtr = std::shared_ptr<const RuleSet>;

/// Loads a directory laid out as rules/, and further files. \throw config::ConfigError
RuleSetPtr LoadRuleSet(const std::string& directory, const std::vector<std::string>& rule_files,
                       const std::vector<std::string>& threshold_files);

/// Where the shipped rules are: beside an installed binary (../share/tidemark/rules) or in the source tree it was built
/// in. \throw config::ConfigError saying to pass --rules.path.
std::string FindShippedRules();

}  // namespace tidemark
