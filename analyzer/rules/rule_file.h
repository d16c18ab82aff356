#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/config/expr_field.h"
#include "analyzer/templating/alert_template.h"

// Rule files in Prometheus's format: groups of rules, each of which records the result of an expression as series
// (`record`) or raises an alert for every series of it (`alert`).
// Source: https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ and alerting_rules/.

namespace tidemark::rules {

struct Rule {
  enum class Kind { kRecording, kAlerting } kind = Kind::kRecording;
  std::string name;  ///< of the series that is recorded, or of the alert
  config::ExprField expr;
  templating::TemplateMap labels;  ///< templates in alerts only
  // Of alerts only:
  int64_t for_ms = 0;              ///< how long the expression must have given the series before the alert fires
  int64_t keep_firing_for_ms = 0;  ///< and how long it goes on after
  templating::TemplateMap annotations;
};

/// Rules that are evaluated one after the other at the same time, so that later ones see what earlier ones recorded.
struct RuleGroup {
  std::string file;
  std::string name;
  int64_t interval_ms = 0;  ///< 0: the global evaluation interval
  size_t limit = 0;         ///< most series or alerts that one rule may give; 0: no bound
  std::vector<Rule> rules;
};

/// Reads a rule file. \throw config::ConfigError with all that is wrong, a line for each fault with file, line and
/// field; for an expression also its own position.
std::vector<RuleGroup> LoadRuleFile(const std::string& path);
/// The same from text; `file` names it in messages.
std::vector<RuleGroup> ParseRuleFile(const std::string& file, const std::string& text);

/// Reads every file that a list of paths (with wildcards in the last part) names. \throw config::ConfigError
std::vector<RuleGroup> LoadRuleFiles(const std::vector<std::string>& patterns);

/// Rules that occur more than once: of one kind and name, with the same labels. "metric: NAME, labels: {…}" of each.
std::vector<std::string> DuplicateRules(const std::vector<RuleGroup>& groups);

}  // namespace tidemark::rules
