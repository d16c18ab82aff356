#pragma once

#include <string>
#include <vector>

#include "analyzer/config/expr_field.h"
#include "analyzer/promql/engine.h"

namespace tidemark::advice {

/// Advice that applies when a PromQL condition has a result. From rules/recommendations.yml.
struct RecommendationRule {
  struct Evidence {
    std::string title;
    std::string unit;
    config::ExprField expr;
  };
  std::string name;
  std::string title;
  config::ExprField condition;
  std::string why;
  std::vector<std::string> actions;  ///< what to do, step by step
  std::string undo;
  std::vector<Evidence> evidence;
};

/// \throw config::ConfigError
std::vector<RecommendationRule> LoadRecommendationRules(const std::string& path);

/// A rule that applies to one series of its condition, with the values that show it.
struct Recommendation {
  struct Value {
    const RecommendationRule::Evidence* evidence;
    storage::Labels labels;
    double value;
  };
  const RecommendationRule* rule;
  storage::Labels labels;  ///< what it applies to
  double condition_value;
  std::vector<Value> evidence;
};

/// What applies at `time_ms`. Evidence is shown where its labels do not contradict the condition's. A rule that cannot
/// be evaluated recommends nothing.
std::vector<Recommendation> Recommend(const std::vector<RecommendationRule>& rules, const promql::Engine& engine,
                                      int64_t time_ms);

}  // namespace tidemark::advice
