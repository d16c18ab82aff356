#pragma once

#include <span>
#include <string>
#include <vector>

namespace tidemark::analysis {

/// One point of a series: seconds since any origin, value.
struct Point {
  double time_seconds;
  double value;
};

struct Trend {
  enum class Verdict { kRising, kFalling, kNone } verdict = Verdict::kNone;
  std::string reason;
  double p = 1;  ///< Mann-Kendall, corrected for autocorrelation
  double tau = 0;
  double slope_per_hour = 0;  ///< Theil-Sen
  double slope_low = 0;       ///< 95 % interval
  double slope_high = 0;
  size_t points = 0;
};
const char* VerdictName(Trend::Verdict verdict);

/// Fewer points than this say nothing about a trend.
inline constexpr size_t kMinTrendPoints = 10;
/// More are averaged down to about this many first: both tests look at every pair.
inline constexpr size_t kMaxTrendPoints = 300;

/// Finds a monotonic trend. A monitored value depends on the one before it, which makes the plain test see trends that
/// are none; so its variance is widened, never narrowed, by the larger of two corrections:
/// Hamed and Rao's over the first lags, and that of a first-order autoregression.
Trend FindTrend(std::span<const Point> points, double alpha);

/// The mean of each run of neighbouring points, so that at most `max_points` are left. Values that are not finite are
/// left out.
std::vector<Point> Thin(std::span<const Point> points, size_t max_points);

}  // namespace tidemark::analysis
