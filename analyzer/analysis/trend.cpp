#include "analyzer/analysis/trend.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analyzer/analysis/mann_kendall.h"
#include "analyzer/analysis/normal.h"
#include "analyzer/analysis/theil_sen.h"

namespace tidemark::analysis {
namespace {

constexpr double kSecondsPerHour = 3600;

/// The customary number of lags to look at: 10 log10(n) (Box, Jenkins and Reinsel; also R's acf).
size_t LagCount(size_t n) { return static_cast<size_t>(10 * std::log10(static_cast<double>(n))); }

/// By how much a series that remembers its last value widens the variance of the score: (1 + r) / (1 - r) with r the
/// lag-1 autocorrelation of the detrended values (Matalas and Langbein 1962; Yue and Wang 2004), r corrected for its
/// bias in short series (Kendall 1954). Never below 1.
double MemoryInflation(const std::vector<double>& values, double step_slope) {
  constexpr double kMaxCorrelation = 0.98;
  std::vector<double> rest = values;
  for (size_t i = 0; i < rest.size(); ++i) rest[i] -= static_cast<double>(i) * step_slope;
  const auto n = static_cast<double>(rest.size());
  const double mean = std::accumulate(rest.begin(), rest.end(), 0.0) / n;
  double variance = 0;
  double covariance = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    variance += (rest[i] - mean) * (rest[i] - mean);
    if (i > 0) covariance += (rest[i] - mean) * (rest[i - 1] - mean);
  }
  if (!(variance > 0)) return 1;
  const double r = covariance / variance;
  const double corrected = std::clamp(r + (1 + 4 * r) / n, 0.0, kMaxCorrelation);
  return (1 + corrected) / (1 - corrected);
}

}  // namespace

const char* VerdictName(Trend::Verdict verdict) {
  constexpr const char* kNames[] = {"rising", "falling", "none"};
  return kNames[static_cast<int>(verdict)];
}

std::vector<Point> Thin(std::span<const Point> points, size_t max_points) {
  std::vector<Point> finite;
  std::ranges::copy_if(points, std::back_inserter(finite),
                       [](const Point& point) { return std::isfinite(point.value); });
  const size_t run = (finite.size() + max_points - 1) / max_points;
  if (run <= 1) return finite;
  std::vector<Point> thinned;
  for (size_t begin = 0; begin < finite.size(); begin += run) {
    const size_t end = std::min(begin + run, finite.size());
    Point mean{0, 0};
    for (size_t i = begin; i < end; ++i) {
      mean.time_seconds += finite[i].time_seconds / static_cast<double>(end - begin);
      mean.value += finite[i].value / static_cast<double>(end - begin);
    }
    thinned.push_back(mean);
  }
  return thinned;
}

Trend FindTrend(std::span<const Point> points, double alpha) {
  const std::vector<Point> thinned = Thin(points, kMaxTrendPoints);
  Trend trend;
  trend.points = thinned.size();
  if (thinned.size() < kMinTrendPoints) {
    trend.reason = "only " + std::to_string(thinned.size()) + " points; at least " + std::to_string(kMinTrendPoints) +
                   " are needed";
    return trend;
  }
  std::vector<double> hours;
  std::vector<double> steps;
  std::vector<double> values;
  for (const Point& point : thinned) {
    hours.push_back((point.time_seconds - thinned.front().time_seconds) / kSecondsPerHour);
    steps.push_back(static_cast<double>(steps.size()));
    values.push_back(point.value);
  }
  const MannKendall plain = MannKendallTest(values);
  const double step_slope = TheilSenEstimate(steps, values, plain.variance, alpha).slope;
  MannKendall test = HamedRaoTest(values, step_slope, LagCount(values.size()), alpha);
  WidenVariance(test, std::max(test.variance, plain.variance * MemoryInflation(values, step_slope)));
  const TheilSen line = TheilSenEstimate(hours, values, test.variance, alpha);
  trend.p = test.p;
  trend.tau = test.tau;
  trend.slope_per_hour = line.slope;
  trend.slope_low = line.slope_low;
  trend.slope_high = line.slope_high;
  if (test.p >= alpha) {
    trend.reason = "rises and falls balance (p is not below the significance level)";
  } else if (line.slope == 0) {
    trend.reason = "most values are equal: the median slope is zero";
  } else {
    trend.verdict = line.slope > 0 ? Trend::Verdict::kRising : Trend::Verdict::kFalling;
    trend.reason = "changes one way more often than chance explains";
  }
  return trend;
}

}  // namespace tidemark::analysis
