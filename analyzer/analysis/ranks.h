#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tidemark::analysis {

/// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> AverageRanks(std::span<const double> values);

/// Sizes of the groups of equal values, groups of one left out.
std::vector<size_t> TieGroups(std::span<const double> values);

/// The middle value, or the mean of the two in the middle; NaN when there is none. Reorders `values`.
double MedianInPlace(std::vector<double>& values);
double Median(std::span<const double> values);

/// The lower `share` quantile with linear interpolation between neighbours (type 7 of Hyndman and Fan 1996).
double QuantileOf(std::span<const double> values, double share);

/// Adjusts p-values for the number of tests so that at most a share of the findings below a level is false (Benjamini
/// and Hochberg, J. R. Stat. Soc. B 57, 1995). Same order as given.
std::vector<double> FalseDiscoveryRate(std::span<const double> p_values);

}  // namespace tidemark::analysis
