#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tidemark::analysis {

/// The Mann-Kendall test for a monotonic trend: does the series rise more often than it falls, over all pairs?
struct MannKendall {
  int64_t s = 0;        ///< rising pairs minus falling pairs
  double variance = 0;  ///< of s when there is no trend, corrected for ties and, if asked for, autocorrelation
  double z = 0;         ///< s, continuity-corrected, in standard deviations
  double p = 1;         ///< two-sided
  double tau = 0;       ///< s / (n (n - 1) / 2)
};

/// The test for independent samples (Mann 1945; Kendall 1975), `values` in the order of time. Fewer than two values, or
/// no variance: p is 1. O(n²).
MannKendall MannKendallTest(std::span<const double> values);

/// The test with the variance of Hamed and Rao (J. Hydrology 204, 1998), for values that depend on those before them:
/// autocorrelation of the ranks of the detrended series, at the lags up to `max_lag` where it is significant at
/// `alpha`. `sen_slope` is the slope per step to remove. With all lags (values.size() - 1) this is the published test.
MannKendall HamedRaoTest(std::span<const double> values, double sen_slope, size_t max_lag, double alpha);

/// Puts a larger variance into a test and works out z and p anew.
void WidenVariance(MannKendall& test, double variance);

}  // namespace tidemark::analysis
