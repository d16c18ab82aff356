#include "analyzer/analysis/theil_sen.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyzer/analysis/normal.h"
#include "analyzer/analysis/ranks.h"

namespace tidemark::analysis {

TheilSen TheilSenEstimate(std::span<const double> x, std::span<const double> y, double mk_variance, double alpha) {
  TheilSen line;
  if (y.size() < 2) return line;
  std::vector<double> slopes;
  slopes.reserve(y.size() * (y.size() - 1) / 2);
  for (size_t i = 0; i + 1 < y.size(); ++i) {
    for (size_t j = i + 1; j < y.size(); ++j) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
  }
  line.slope = MedianInPlace(slopes);
  line.intercept = Median(y) - Median(x) * line.slope;
  // The slopes whose ranks lie z standard deviations of the score around the middle one.
  const auto count = static_cast<double>(slopes.size());
  const double half_width = NormalQuantile(1 - alpha / 2) * std::sqrt(std::max(0.0, mk_variance)) / 2;
  const auto slope_at = [&](double rank) {
    const auto at = slopes.begin() + static_cast<ptrdiff_t>(std::clamp(rank, 0.0, count - 1));
    std::ranges::nth_element(slopes, at);
    return *at;
  };
  line.slope_low = slope_at(std::floor(count / 2 - half_width) - 1);
  line.slope_high = slope_at(std::ceil(count / 2 + half_width));
  return line;
}

}  // namespace tidemark::analysis
