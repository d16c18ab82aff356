#include "analyzer/notify/inhibition.h"

#include "analyzer/config/label_matcher.h"
#include "analyzer/notify/notification.h"

namespace tidemark::notify {
namespace {

std::vector<std::string> ValuesOf(const std::vector<std::string>& names, const storage::Labels& labels) {
  std::vector<std::string> values;
  values.reserve(names.size());
  for (const std::string& name : names) values.emplace_back(labels.Get(name));
  return values;
}

}  // namespace

Inhibition::Inhibition(const std::vector<config::InhibitRule>& rules, const std::vector<storage::Labels>& firing) {
  for (const config::InhibitRule& rule : rules) {
    Sources sources{rule, {}, {}};
    for (const storage::Labels& labels : firing) {
      if (!config::MatchesAll(rule.source_matchers, labels)) continue;
      const bool is_both = config::MatchesAll(rule.target_matchers, labels);
      (is_both ? sources.both : sources.sources).emplace(ValuesOf(rule.equal, labels), Fingerprint(labels));
    }
    if (!sources.sources.empty() || !sources.both.empty()) rules_.push_back(std::move(sources));
  }
}

std::string Inhibition::InhibitorOf(const storage::Labels& alert) const {
  for (const Sources& one : rules_) {
    if (!config::MatchesAll(one.rule.target_matchers, alert)) continue;
    const std::vector<std::string> values = ValuesOf(one.rule.equal, alert);
    if (const auto it = one.sources.find(values); it != one.sources.end()) return it->second;
    if (config::MatchesAll(one.rule.source_matchers, alert)) continue;
    if (const auto it = one.both.find(values); it != one.both.end()) return it->second;
  }
  return "";
}

}  // namespace tidemark::notify
