#include "analyzer/api/analyses.h"

#include <algorithm>
#include <functional>

#include "analyzer/analysis/ranks.h"

namespace tidemark::api {
namespace {

constexpr double kTrendAlpha = 0.05;
constexpr int64_t kMaxHistoryPoints = 2000;
constexpr size_t kMaxBaselinePoints = 500;

std::vector<double> Values(const std::vector<storage::Sample>& samples) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const storage::Sample& sample : samples) values.push_back(sample.value);
  return values;
}

/// Compares each series with the values that `find_baseline` gives for it, then judges all together.
std::vector<RegressionFinding> CompareAll(
    const Analyzer& analyzer, int64_t start_ms, int64_t end_ms,
    const std::function<std::vector<double>(const rules::Indicator& indicator, const storage::Labels& labels)>&
        find_baseline) {
  std::vector<RegressionFinding> findings;
  std::vector<double> p_values;
  for (const rules::Indicator& indicator : analyzer.rules()->indicators) {
    // Without a bad direction a change is neither regression nor improvement.
    if (indicator.worse == rules::Indicator::Worse::kNeither) continue;
    for (const storage::SeriesSamples& series : IndicatorHistory(analyzer, indicator, start_ms, end_ms)) {
      RegressionFinding finding{indicator, series.labels,
                                analysis::Compare(find_baseline(indicator, series.labels), Values(series.samples)), 1};
      p_values.push_back(finding.regression.p);
      findings.push_back(std::move(finding));
    }
  }
  const std::vector<double> adjusted = analysis::FalseDiscoveryRate(p_values);
  for (size_t i = 0; i < findings.size(); ++i) {
    const rules::Indicator& indicator = findings[i].indicator;
    findings[i].adjusted_p = adjusted[i];
    analysis::Judge(findings[i].regression, adjusted[i],
                    {.higher_is_worse = indicator.worse == rules::Indicator::Worse::kHigher,
                     .smallest_shift = indicator.smallest_shift});
  }
  return findings;
}

}  // namespace

std::vector<storage::SeriesSamples> IndicatorHistory(const Analyzer& analyzer, const rules::Indicator& indicator,
                                                     int64_t start_ms, int64_t end_ms) {
  // A bare series is read as it was stored; anything else is evaluated at the interval it could change in.
  if (const auto* selector = std::get_if<promql::VectorSelector>(&indicator.expr.parsed->node)) {
    std::vector<storage::SeriesSamples> found =
        analyzer.store().Select(selector->matchers, start_ms + 1, end_ms, analyzer.engine().options().max_samples);
    for (storage::SeriesSamples& series : found) {
      std::erase_if(series.samples, [](const storage::Sample& sample) { return storage::IsStaleMarker(sample.value); });
      series.labels = series.labels.Without(storage::kMetricName);
    }
    std::erase_if(found, [](const storage::SeriesSamples& series) { return series.samples.empty(); });
    return found;
  }
  const int64_t step_ms = std::max(analyzer.evaluation_interval_ms(), (end_ms - start_ms) / kMaxHistoryPoints);
  return analyzer.engine().RangeSeries(*indicator.expr.parsed, {start_ms + step_ms, end_ms, step_ms});
}

std::vector<IndicatorValue> CurrentValues(const Analyzer& analyzer, int64_t now_ms) {
  std::vector<IndicatorValue> values;
  const int64_t lookback_ms = analyzer.engine().options().lookback_ms;
  for (const rules::Indicator& indicator : analyzer.rules()->indicators) {
    if (const auto* selector = std::get_if<promql::VectorSelector>(&indicator.expr.parsed->node)) {
      // Read from the store, for the sample's own time.
      for (const storage::SeriesSamples& series : analyzer.store().Select(
               selector->matchers, now_ms - lookback_ms, now_ms, analyzer.engine().options().max_samples)) {
        const storage::Sample& newest = series.samples.back();
        if (!storage::IsStaleMarker(newest.value))
          values.push_back({indicator, series.labels.Without(storage::kMetricName), newest.value, newest.timestamp_ms});
      }
      continue;
    }
    for (const storage::SeriesSamples& series : analyzer.engine().InstantVector(*indicator.expr.parsed, now_ms)) {
      values.push_back({indicator, series.labels.Without(storage::kMetricName), series.samples.front().value, now_ms});
    }
  }
  return values;
}

std::vector<TrendFinding> FindTrends(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms) {
  std::vector<TrendFinding> findings;
  for (const rules::Indicator& indicator : analyzer.rules()->indicators) {
    for (const storage::SeriesSamples& series : IndicatorHistory(analyzer, indicator, start_ms, end_ms)) {
      std::vector<analysis::Point> points;
      for (const storage::Sample& sample : series.samples)
        points.push_back({static_cast<double>(sample.timestamp_ms) / 1000, sample.value});
      findings.push_back({indicator, series.labels, analysis::FindTrend(points, kTrendAlpha)});
    }
  }
  return findings;
}

std::vector<RegressionFinding> FindRegressions(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms) {
  const int64_t baseline_start_ms = start_ms - (end_ms - start_ms);
  std::string cached_indicator;
  std::vector<storage::SeriesSamples> history;
  return CompareAll(analyzer, start_ms, end_ms, [&](const rules::Indicator& indicator, const storage::Labels& labels) {
    if (std::exchange(cached_indicator, indicator.name) != indicator.name)
      history = IndicatorHistory(analyzer, indicator, baseline_start_ms, start_ms);
    const auto it = std::ranges::find(history, labels, &storage::SeriesSamples::labels);
    return it == history.end() ? std::vector<double>{} : Values(it->samples);
  });
}

std::vector<RegressionFinding> FindRegressions(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms,
                                               const state::Baseline& baseline) {
  return CompareAll(analyzer, start_ms, end_ms, [&](const rules::Indicator& indicator, const storage::Labels& labels) {
    const auto by_series = baseline.values.find(indicator.name);
    if (by_series == baseline.values.end()) return std::vector<double>{};
    const auto values = by_series->second.find(labels.ToString());
    return values == by_series->second.end() ? std::vector<double>{} : values->second;
  });
}

state::Baseline TakeBaseline(const Analyzer& analyzer, const std::string& name, int64_t start_ms, int64_t end_ms) {
  state::Baseline baseline{name, start_ms, end_ms, analyzer.clock().NowMs(), {}};
  for (const rules::Indicator& indicator : analyzer.rules()->indicators) {
    for (const storage::SeriesSamples& series : IndicatorHistory(analyzer, indicator, start_ms, end_ms)) {
      std::vector<analysis::Point> points;
      for (const storage::Sample& sample : series.samples) points.push_back({0, sample.value});
      std::vector<double>& values = baseline.values[indicator.name][series.labels.ToString()];
      for (const analysis::Point& point : analysis::Thin(points, kMaxBaselinePoints)) values.push_back(point.value);
    }
  }
  return baseline;
}

}  // namespace tidemark::api
