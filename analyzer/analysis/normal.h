#pragma once

namespace tidemark::analysis {

/// P(Z <= z) of the standard normal distribution.
double NormalCdf(double z);
/// The z with P(Z <= z) = p, 0 < p < 1.
double NormalQuantile(double p);
/// P(|Z| >= |z|), exact far into the tails.
double TwoSidedP(double z);

}  // namespace tidemark::analysis
