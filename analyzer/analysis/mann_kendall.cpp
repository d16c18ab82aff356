#include "analyzer/analysis/mann_kendall.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyzer/analysis/normal.h"
#include "analyzer/analysis/ranks.h"

namespace tidemark::analysis {
namespace {

int64_t Score(std::span<const double> values) {
  int64_t s = 0;
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j)
      s += (values[j] > values[i] ? 1 : 0) - (values[j] < values[i] ? 1 : 0);
  }
  return s;
}

/// n (n - 1) (2n + 5) / 18, less the same of every group of ties (Kendall 1975, section 4.9).
double TiedVariance(std::span<const double> values) {
  const auto term = [](double n) { return n * (n - 1) * (2 * n + 5); };
  double sum = term(static_cast<double>(values.size()));
  for (const size_t ties : TieGroups(values)) sum -= term(static_cast<double>(ties));
  return sum / 18;
}

void FinishTest(MannKendall& test) {
  test.z = 0;
  test.p = 1;
  if (!(test.variance > 0)) return;
  const double corrected = static_cast<double>(test.s) - (test.s > 0 ? 1 : 0) + (test.s < 0 ? 1 : 0);
  test.z = corrected / std::sqrt(test.variance);
  test.p = TwoSidedP(test.z);
}

}  // namespace

MannKendall MannKendallTest(std::span<const double> values) {
  MannKendall test;
  if (values.size() < 2) return test;
  const auto n = static_cast<double>(values.size());
  test.s = Score(values);
  test.tau = static_cast<double>(test.s) / (0.5 * n * (n - 1));
  test.variance = TiedVariance(values);
  FinishTest(test);
  return test;
}

MannKendall HamedRaoTest(std::span<const double> values, double sen_slope, size_t max_lag, double alpha) {
  MannKendall test = MannKendallTest(values);
  if (values.size() < 3 || !(test.variance > 0)) return test;
  const auto n = static_cast<double>(values.size());
  std::vector<double> detrended(values.begin(), values.end());
  for (size_t i = 0; i < detrended.size(); ++i) detrended[i] -= static_cast<double>(i + 1) * sen_slope;
  std::vector<double> ranks = AverageRanks(detrended);
  const double mean_rank = (n + 1) / 2;
  for (double& rank : ranks) rank -= mean_rank;
  const auto autocovariance = [&](size_t lag) {
    double sum = 0;
    for (size_t i = 0; i + lag < ranks.size(); ++i) sum += ranks[i] * ranks[i + lag];
    return sum;
  };
  const double at_zero = autocovariance(0);
  if (!(at_zero > 0)) return test;
  const double bound = NormalQuantile(1 - alpha / 2) / std::sqrt(n);
  double sum = 0;
  for (size_t lag = 1; lag <= std::min(max_lag, values.size() - 1); ++lag) {
    const double correlation = autocovariance(lag) / at_zero;
    if (std::fabs(correlation) <= bound) continue;
    const double rest = n - static_cast<double>(lag);
    sum += rest * (rest - 1) * (rest - 2) * correlation;
  }
  test.variance *= 1 + 2 / (n * (n - 1) * (n - 2)) * sum;
  FinishTest(test);
  return test;
}

void WidenVariance(MannKendall& test, double variance) {
  test.variance = variance;
  FinishTest(test);
}

}  // namespace tidemark::analysis
