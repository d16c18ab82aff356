#include "analyzer/analysis/regression.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyzer/analysis/mann_whitney.h"
#include "analyzer/analysis/ranks.h"
#include "analyzer/analysis/trend.h"

namespace tidemark::analysis {
namespace {

std::vector<double> ThinValues(std::span<const double> values) {
  std::vector<Point> points;
  points.reserve(values.size());
  for (const double value : values) points.push_back({0, value});
  std::vector<double> thinned;
  for (const Point& point : Thin(points, kMaxRegressionPoints)) thinned.push_back(point.value);
  return thinned;
}

}  // namespace

const char* VerdictName(Regression::Verdict verdict) {
  constexpr const char* kNames[] = {"regressed", "improved", "unchanged", "inconclusive"};
  return kNames[static_cast<int>(verdict)];
}

Regression Compare(std::span<const double> baseline, std::span<const double> window) {
  const std::vector<double> before = ThinValues(baseline);
  const std::vector<double> after = ThinValues(window);
  Regression regression;
  regression.baseline_points = before.size();
  regression.window_points = after.size();
  if (before.empty() || after.empty()) return regression;
  const MannWhitney test = MannWhitneyTest(before, after);
  regression.p = test.p;
  regression.cliffs_delta = test.cliffs_delta;
  regression.shift = HodgesLehmannShift(before, after);
  regression.baseline_median = Median(before);
  regression.window_median = Median(after);
  return regression;
}

void Judge(Regression& regression, double adjusted_p, const RegressionCriteria& criteria) {
  using Verdict = Regression::Verdict;
  if (std::min(regression.baseline_points, regression.window_points) < kMinRegressionPoints) {
    regression.verdict = Verdict::kInconclusive;
    regression.reason = "baseline has " + std::to_string(regression.baseline_points) + " points and the window " +
                        std::to_string(regression.window_points) + "; each needs " +
                        std::to_string(kMinRegressionPoints);
    return;
  }
  regression.verdict = Verdict::kUnchanged;
  if (adjusted_p >= criteria.alpha) {
    regression.reason = "no significant difference";
  } else if (std::fabs(regression.cliffs_delta) < criteria.smallest_effect) {
    regression.reason = "significant, but the two windows overlap widely (small effect)";
  } else if (std::fabs(regression.shift) < criteria.smallest_shift || regression.shift == 0) {
    regression.reason = "significant, but the shift is too small to matter";
  } else {
    const bool worse = (regression.shift > 0) == criteria.higher_is_worse;
    regression.verdict = worse ? Verdict::kRegressed : Verdict::kImproved;
    regression.reason = std::string("values are ") + (regression.shift > 0 ? "higher" : "lower") +
                        " than in the baseline, significantly and by a shift that matters";
  }
}

}  // namespace tidemark::analysis
