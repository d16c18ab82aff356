#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/matcher.h"

namespace tidemark::config {

/// Parses a matcher as Alertmanager takes it: name, one of = != =~ !~, and a value with or without double quotes, as in
/// `severity=~"warning|critical"`. Regular expressions match the whole value.
/// Source: https://prometheus.io/docs/alerting/latest/configuration/#matcher. \throw std::invalid_argument
storage::Matcher ParseLabelMatcher(std::string_view text);

/// Whether every matcher fits a label set; a label that is missing counts as empty.
template <typename Labels>
bool MatchesAll(const std::vector<storage::Matcher>& matchers, const Labels& labels) {
  for (const storage::Matcher& matcher : matchers) {
    if (!matcher.Matches(labels.Get(matcher.name()))) return false;
  }
  return true;
}

}  // namespace tidemark::config
