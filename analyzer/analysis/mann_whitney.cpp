#include "analyzer/analysis/mann_whitney.h"

#include <cmath>
#include <vector>

#include "analyzer/analysis/normal.h"
#include "analyzer/analysis/ranks.h"

namespace tidemark::analysis {

MannWhitney MannWhitneyTest(std::span<const double> first, std::span<const double> second) {
  MannWhitney test;
  if (first.empty() || second.empty()) return test;
  std::vector<double> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  const std::vector<double> ranks = AverageRanks(all);
  double rank_sum = 0;
  for (size_t i = first.size(); i < ranks.size(); ++i) rank_sum += ranks[i];
  const auto n1 = static_cast<double>(first.size());
  const auto n2 = static_cast<double>(second.size());
  const double n = n1 + n2;
  test.u = rank_sum - n2 * (n2 + 1) / 2;
  test.cliffs_delta = 2 * test.u / (n1 * n2) - 1;
  double ties = 0;
  for (const size_t group : TieGroups(all)) {
    const auto t = static_cast<double>(group);
    ties += t * t * t - t;
  }
  const double variance = n1 * n2 / 12 * ((n + 1) - ties / (n * (n - 1)));
  if (!(variance > 0)) return test;
  const double distance = test.u - n1 * n2 / 2;
  const double corrected = distance > 0 ? std::max(0.0, distance - 0.5) : std::min(0.0, distance + 0.5);
  test.z = corrected / std::sqrt(variance);
  test.p = TwoSidedP(test.z);
  return test;
}

double HodgesLehmannShift(std::span<const double> first, std::span<const double> second) {
  std::vector<double> differences;
  differences.reserve(first.size() * second.size());
  for (const double a : first) {
    for (const double b : second) differences.push_back(b - a);
  }
  return MedianInPlace(differences);
}

}  // namespace tidemark::analysis
