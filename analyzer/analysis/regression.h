#pragma once

#include <span>
#include <string>

namespace tidemark::analysis {

/// A window compared with a baseline.
struct Regression {
  enum class Verdict { kRegressed, kImproved, kUnchanged, kInconclusive } verdict = Verdict::kInconclusive;
  std::string reason;
  double p = 1;             ///< Mann-Whitney, two-sided
  double shift = 0;         ///< Hodges-Lehmann, in the values' unit: positive when the window is higher
  double cliffs_delta = 0;  ///< effect size in [-1, 1]
  double baseline_median = 0;
  double window_median = 0;
  size_t baseline_points = 0;
  size_t window_points = 0;
};
const char* VerdictName(Regression::Verdict verdict);

struct RegressionCriteria {
  bool higher_is_worse = true;
  double alpha = 0.01;
  double smallest_shift = 0;      ///< in the values' unit
  double smallest_effect = 0.33;  ///< |Cliff's delta|: "medium" of Romano et al. 2006
};

/// Fewer points than this in either window are inconclusive.
inline constexpr size_t kMinRegressionPoints = 10;
/// More are averaged down before the pairs are compared.
inline constexpr size_t kMaxRegressionPoints = 400;

/// Compares. The p-value is that of this comparison alone; Judge turns one that is adjusted for many into a verdict.
Regression Compare(std::span<const double> baseline, std::span<const double> window);
/// Fills verdict and reason. A change counts when it is significant, of at least medium effect, and large enough to
/// matter in its own unit.
void Judge(Regression& regression, double adjusted_p, const RegressionCriteria& criteria);

}  // namespace tidemark::analysis
