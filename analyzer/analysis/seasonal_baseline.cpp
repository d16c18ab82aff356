#include "analyzer/analysis/seasonal_baseline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analyzer/analysis/ranks.h"

namespace tidemark::analysis {
namespace {

constexpr double kHourSeconds = 3600;
constexpr double kDaySeconds = 24 * kHourSeconds;
constexpr std::array<double, 3> kSeasons{kHourSeconds, kDaySeconds, 7 * kDaySeconds};
/// Parts of a season: as many as leave this many values for each median, and no more than show.
constexpr double kMinValuesAPart = 6;
constexpr double kMaxParts = 48;
constexpr double kMadToDeviation = 1.4826;
constexpr double kMeanToDeviation = 1.2533;
/// A season must leave at most this share of the spread.
constexpr double kWorthwhile = 0.8;
/// The spread of what never moved, as a share of its value: rounding is no anomaly.
constexpr double kLeastSpread = 1e-6;

/// The place of a time in its season, from 0 to `parts`.
double PlaceOf(double time_seconds, double season_seconds, size_t parts) {
  const double phase = time_seconds / season_seconds;
  const double place = (phase - std::floor(phase)) * static_cast<double>(parts);
  return std::min(place, std::nextafter(static_cast<double>(parts), 0));
}

std::vector<Point> Finite(std::span<const Point> points) {
  std::vector<Point> finite;
  finite.reserve(points.size());
  std::ranges::copy_if(points, std::back_inserter(finite),
                       [](const Point& point) { return std::isfinite(point.value); });
  return finite;
}

size_t PartCount(size_t points) {
  return static_cast<size_t>(std::clamp(static_cast<double>(points) / kMinValuesAPart, 1.0, kMaxParts));
}

/// Medians of the parts of a season. A part without values has that of all.
std::vector<double> Medians(std::span<const Point> points, double season_seconds, size_t parts) {
  std::vector<std::vector<double>> values(parts);
  std::vector<double> all;
  all.reserve(points.size());
  for (const Point& point : points) {
    all.push_back(point.value);
    if (parts > 1)
      values[static_cast<size_t>(PlaceOf(point.time_seconds, season_seconds, parts))].push_back(point.value);
  }
  const double median = MedianInPlace(all);
  std::vector<double> medians;
  medians.reserve(parts);
  for (std::vector<double>& part : values) medians.push_back(part.empty() ? median : MedianInPlace(part));
  return medians;
}

double MedianOfMagnitudes(std::vector<double> residuals) {
  for (double& residual : residuals) residual = std::fabs(residual);
  return MedianInPlace(residuals);
}

/// The median distance of every second cycle from the medians of the others.
double DistanceAcrossCycles(std::span<const Point> points, double season_seconds) {
  std::array<std::vector<Point>, 2> halves;
  for (const Point& point : points)
    halves[static_cast<size_t>(std::fabs(std::fmod(std::floor(point.time_seconds / season_seconds), 2)))].push_back(
        point);
  std::vector<double> residuals;
  for (size_t fitted = 0; fitted < halves.size(); ++fitted) {
    const size_t parts = PartCount(halves[fitted].size());
    if (halves[fitted].empty()) continue;
    const std::vector<double> medians = Medians(halves[fitted], season_seconds, parts);
    for (const Point& point : halves[1 - fitted]) {
      residuals.push_back(point.value -
                          medians[static_cast<size_t>(PlaceOf(point.time_seconds, season_seconds, parts))]);
    }
  }
  return residuals.empty() ? std::numeric_limits<double>::infinity() : MedianOfMagnitudes(std::move(residuals));
}

bool HasCycles(std::span<const Point> points, double season_seconds) {
  return season_seconds > 0 &&
         points.back().time_seconds - points.front().time_seconds >= SeasonalBaseline::kMinCycles * season_seconds;
}

}  // namespace

std::optional<SeasonalBaseline> SeasonalBaseline::Fit(std::span<const Point> points, double season_seconds) {
  const std::vector<Point> finite = Finite(points);
  if (finite.size() < kMinPoints) return std::nullopt;
  SeasonalBaseline baseline;
  const bool has_season = HasCycles(finite, season_seconds);
  baseline.season_seconds_ = has_season ? season_seconds : 0;
  baseline.centers_ = Medians(finite, season_seconds, has_season ? PartCount(finite.size()) : 1);
  baseline.SetSpread(finite);
  return baseline;
}

std::optional<SeasonalBaseline> SeasonalBaseline::FitWithSeason(std::span<const Point> points) {
  const std::vector<Point> finite = Finite(points);
  if (finite.size() < kMinPoints) return std::nullopt;
  const double median = Medians(finite, 0, 1).front();
  std::vector<double> residuals;
  residuals.reserve(finite.size());
  for (const Point& point : finite) residuals.push_back(point.value - median);
  double least = kWorthwhile * MedianOfMagnitudes(std::move(residuals));
  double season_seconds = 0;
  for (const double candidate : kSeasons) {
    if (!HasCycles(finite, candidate)) continue;
    const double distance = DistanceAcrossCycles(finite, candidate);
    if (distance < least) {
      least = distance;
      season_seconds = candidate;
    }
  }
  return Fit(finite, season_seconds);
}

double SeasonalBaseline::CenterAt(double time_seconds) const {
  const size_t parts = centers_.size();
  if (parts == 1) return centers_.front();
  // A median stands for the middle of its part.
  const double place = PlaceOf(time_seconds, season_seconds_, parts) - 0.5;
  const double below = std::floor(place);
  const auto first = static_cast<size_t>(below + static_cast<double>(parts)) % parts;
  const double share = place - below;
  return centers_[first] * (1 - share) + centers_[(first + 1) % parts] * share;
}

void SeasonalBaseline::SetSpread(std::span<const Point> points) {
  std::vector<double> magnitudes;
  magnitudes.reserve(points.size());
  double sum = 0;
  for (const Point& point : points) {
    magnitudes.push_back(std::fabs(point.value - CenterAt(point.time_seconds)));
    sum += magnitudes.back();
  }
  const double mean = sum / static_cast<double>(magnitudes.size());
  const double median = MedianInPlace(magnitudes);
  spread_ = median > 0 ? kMadToDeviation * median : kMeanToDeviation * mean;
  double largest = 0;
  for (const double center : centers_) largest = std::max(largest, std::fabs(center));
  spread_ = std::max({spread_, kLeastSpread * largest, std::numeric_limits<double>::min()});
}

}  // namespace tidemark::analysis
