#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/analysis/regression.h"
#include "analyzer/analysis/trend.h"
#include "analyzer/analyzer.h"

namespace tidemark::api {

/// An indicator's series with what an analysis says of it.
struct TrendFinding {
  rules::Indicator indicator;
  storage::Labels labels;
  analysis::Trend trend;
};
struct RegressionFinding {
  rules::Indicator indicator;
  storage::Labels labels;
  analysis::Regression regression;
  double adjusted_p = 1;  ///< for the number of series compared (Benjamini and Hochberg)
};
struct IndicatorValue {
  rules::Indicator indicator;
  storage::Labels labels;
  double value = 0;
  int64_t timestamp_ms = 0;
};

/// The newest value of every indicator's series.
std::vector<IndicatorValue> CurrentValues(const Analyzer& analyzer, int64_t now_ms);

/// Values of an indicator's series over a window, at its evaluation interval or at most 2,000 points.
std::vector<storage::SeriesSamples> IndicatorHistory(const Analyzer& analyzer, const rules::Indicator& indicator,
                                                     int64_t start_ms, int64_t end_ms);

/// The trend of every indicator's series over a window.
std::vector<TrendFinding> FindTrends(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms);

/// Every indicator's series in the window against the window of the same length before it.
std::vector<RegressionFinding> FindRegressions(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms);
/// The same against a named baseline.
std::vector<RegressionFinding> FindRegressions(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms,
                                               const state::Baseline& baseline);

/// The values of every indicator in a window, as a baseline keeps them.
state::Baseline TakeBaseline(const Analyzer& analyzer, const std::string& name, int64_t start_ms, int64_t end_ms);

}  // namespace tidemark::api
