#pragma once

#include <span>

namespace tidemark::analysis {

/// Do the values of one sample tend to be larger than those of another?
struct MannWhitney {
  double u = 0;             ///< pairs (a of `first`, b of `second`) with b > a, ties counting half
  double z = 0;             ///< positive: `second` is larger
  double p = 1;             ///< two-sided, normal approximation with tie and continuity correction
  double cliffs_delta = 0;  ///< effect size in [-1, 1]: P(b > a) - P(b < a) (Cliff 1993)
};

/// The Mann-Whitney U test (Mann and Whitney 1947; ties as in Lehmann 1975, section 1.4). Empty samples, or all values
/// equal: p is 1.
MannWhitney MannWhitneyTest(std::span<const double> first, std::span<const double> second);

/// The Hodges-Lehmann shift: the median of b - a over all pairs (Hodges and Lehmann 1963). NaN when a sample is empty.
double HodgesLehmannShift(std::span<const double> first, std::span<const double> second);

}  // namespace tidemark::analysis
