#include "analyzer/advice/recommendation.h"

#include <algorithm>

#include "common/yaml_reader.h"

namespace tidemark::advice {
namespace {

RecommendationRule ParseRule(const config::YamlValue& item) {
  RecommendationRule rule;
  config::YamlMap map = item.Map();
  rule.name = map.Require("name").String();
  rule.title = map.Require("title").String();
  rule.condition = config::ParseExprField(map.Require("condition"));
  rule.why = map.Require("why").String();
  for (const config::YamlValue& action : map.Require("do").List()) rule.actions.push_back(action.String());
  rule.undo = map.Require("undo").String();
  for (const config::YamlValue& entry : map.Require("evidence").List()) {
    config::YamlMap fields = entry.Map();
    RecommendationRule::Evidence evidence;
    evidence.title = fields.Require("title").String();
    evidence.unit = fields.Require("unit").String();
    evidence.expr = config::ParseExprField(fields.Require("expr"));
    fields.Finish();
    rule.evidence.push_back(std::move(evidence));
  }
  map.Finish();
  return rule;
}

/// No label that both have differs.
bool Agree(const storage::Labels& a, const storage::Labels& b) {
  return std::ranges::all_of(a, [&](const storage::Labels::Pair& pair) {
    const std::string_view other = b.Get(pair.first);
    return pair.first == storage::kMetricName || other.empty() || other == pair.second;
  });
}

}  // namespace

std::vector<RecommendationRule> LoadRecommendationRules(const std::string& path) {
  std::vector<RecommendationRule> rules;
  config::YamlMap root = config::ReadYamlFile(path).Map();
  for (const config::YamlValue& item : root.Require("recommendations").List()) rules.push_back(ParseRule(item));
  root.Finish();
  return rules;
}

std::vector<Recommendation> Recommend(const std::vector<RecommendationRule>& rules, const promql::Engine& engine,
                                      int64_t time_ms) {
  constexpr size_t kMaxEvidence = 10;
  std::vector<Recommendation> found;
  for (const RecommendationRule& rule : rules) {
    try {
      for (const storage::SeriesSamples& match : engine.InstantVector(*rule.condition.parsed, time_ms)) {
        Recommendation recommendation{
            &rule, match.labels.Without(storage::kMetricName), match.samples.front().value, {}};
        for (const RecommendationRule::Evidence& evidence : rule.evidence) {
          for (const storage::SeriesSamples& series : engine.InstantVector(*evidence.expr.parsed, time_ms)) {
            if (!Agree(series.labels, match.labels) || recommendation.evidence.size() >= kMaxEvidence) continue;
            recommendation.evidence.push_back(
                {&evidence, series.labels.Without(storage::kMetricName), series.samples.front().value});
          }
        }
        found.push_back(std::move(recommendation));
      }
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  return found;
}

}  // namespace tidemark::advice
