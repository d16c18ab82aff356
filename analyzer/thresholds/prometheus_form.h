#pragma once

#include <string>
#include <vector>

#include "analyzer/rules/rule_file.h"
#include "analyzer/thresholds/threshold.h"
#include "common/http/problem.h"

// Thresholds as alerting rules of Prometheus and back, as far as the one can say what the other does.

namespace tidemark::thresholds {

/// A rule file with an alerting rule for each level of each enabled threshold: `severity` is the level, and of two
/// levels that hold the higher one alerts. Comments at its top name what rules cannot say.
std::string ThresholdsToPrometheus(const std::vector<Threshold>& thresholds);

struct FromPrometheus {
  std::vector<Threshold> thresholds;
  std::vector<http::FieldError> errors;  ///< of rules that no threshold can say; pointers into the rule file
};
/// Thresholds of alerting rules; recording rules are passed over. A rule must compare with a number at its top
/// (`expr > 5`, or that and, or unless, something else); rules of one name that differ by number and severity become
/// the levels of one threshold. A severity that is no level is a warning, and stays as a label.
FromPrometheus ThresholdsFromPrometheus(const std::vector<rules::RuleGroup>& groups);

}  // namespace tidemark::thresholds
