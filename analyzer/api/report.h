#pragma once

#include <string>

#include "analyzer/analyzer.h"
#include "analyzer/api/analyses.h"
#include "analyzer/api/json_body.h"

namespace tidemark::api {

/// A window as start, end and length.
ordered_json WindowJson(int64_t start_ms, int64_t end_ms);
ordered_json HealthJson(const health::Health& health);
ordered_json IndicatorValueJson(const IndicatorValue& value);
ordered_json TrendJson(const TrendFinding& finding);
ordered_json RegressionJson(const RegressionFinding& finding);
ordered_json RecommendationJson(const advice::Recommendation& recommendation);

/// The whole analysis of a window as one JSON object.
ordered_json BuildReport(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms);

/// A report for people, from what BuildReport made.
std::string ReportMarkdown(const ordered_json& report);
std::string ReportHtml(const ordered_json& report);

}  // namespace tidemark::api
