#pragma once

#include <cstdint>
#include <span>

namespace tidemark::analysis {

/// A line through the medians: up to 29 % of the points may be arbitrary without moving it far.
struct TheilSen {
  double slope = 0;      ///< per unit of x
  double intercept = 0;  ///< median(y) - slope * median(x)
  double slope_low = 0;  ///< confidence interval of the slope
  double slope_high = 0;
};

/// Theil's and Sen's estimator: the median of the slopes of all pairs of points (Sen, JASA 63, 1968), with Sen's
/// interval from the variance of the Mann-Kendall score (Gilbert 1987, section 16.5). `x` rises and has the size of
/// `y`; `mk_variance` is MannKendall::variance of `y`; `alpha` 0.05 gives a 95 % interval. All zero for fewer than two
/// points.
TheilSen TheilSenEstimate(std::span<const double> x, std::span<const double> y, double mk_variance, double alpha);

}  // namespace tidemark::analysis
