#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/config/expr_field.h"

namespace tidemark::recording {

/// A PromQL expression whose result is stored under a name of its own.
struct RecordingRule {
  std::string record;
  config::ExprField expr;
  config::LabelMap labels;
};

/// Rules that are evaluated one after the other at the same time, so that later ones see what earlier ones recorded.
struct RuleGroup {
  std::string file;
  std::string name;
  int64_t interval_ms = 0;  ///< 0: the global evaluation interval
  std::vector<RecordingRule> rules;
};

/// Reads a rule file in Prometheus's format. Alerting rules are refused: thresholds are what alerts here.
/// \throw config::ConfigError with file, line and field; for an expression also its own position.
std::vector<RuleGroup> LoadRuleFile(const std::string& path);

/// Reads every file that a list of paths (with wildcards in the last part) names. \throw config::ConfigError
std::vector<RuleGroup> LoadRuleFiles(const std::vector<std::string>& patterns);

}  // namespace tidemark::recording
