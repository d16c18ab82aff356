#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyzer/analysis/trend.h"

namespace tidemark::analysis {

/// What is usual for a series, robust against the outliers that are looked for with it: for each part of the season the
/// median of the values there, and for all of them a spread around it, 1.4826 times the median absolute deviation,
/// which for normal values is their standard deviation (Rousseeuw and Croux, J. Am. Stat. Assoc. 88, 1993, section 1).
/// Where more than half of the values are alike, so that this is 0, the mean absolute deviation stands in
/// (times 1.2533; Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993, section 3.3).
class SeasonalBaseline {
 public:
  /// Fewer points say nothing of what is usual.
  static constexpr size_t kMinPoints = 30;
  /// A season is one when it has come this often.
  static constexpr double kMinCycles = 2;

  /// Fits the points, which are in the order of time; values that are not finite are left out. `season_seconds` 0:
  /// none. A season that has not come kMinCycles times is none. Empty when there are fewer than kMinPoints.
  static std::optional<SeasonalBaseline> Fit(std::span<const Point> points, double season_seconds);
  /// The same with the season that makes the spread smallest, of an hour, a day and a week, if one makes it smaller by
  /// a fifth at least. The spread is that of cycles which had no part in the medians: else the more medians, the
  /// better.
  static std::optional<SeasonalBaseline> FitWithSeason(std::span<const Point> points);

  [[nodiscard]] double season_seconds() const { return season_seconds_; }
  /// What is usual at a time, in between two parts of the season on the line from one to the other.
  [[nodiscard]] double CenterAt(double time_seconds) const;
  /// One deviation. More than 0.
  [[nodiscard]] double spread() const { return spread_; }
  /// How many deviations a value is above what is usual then.
  [[nodiscard]] double DeviationsOf(double time_seconds, double value) const {
    return (value - CenterAt(time_seconds)) / spread_;
  }

 private:
  void SetSpread(std::span<const Point> points);

  double season_seconds_ = 0;
  std::vector<double> centers_;  // of equal parts of the season
  double spread_ = 0;
};

}  // namespace tidemark::analysis
