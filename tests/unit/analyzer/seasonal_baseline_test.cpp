#include "analyzer/analysis/seasonal_baseline.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>

using namespace tidemark::analysis;

namespace {

constexpr double kDay = 86'400;

/// A value every five minutes over some days.
template <typename F>
std::vector<Point> Days(double days, F&& value) {
  std::vector<Point> points;
  for (double at = 0; at < days * kDay; at += 300) points.push_back({1.7e9 + at, value(1.7e9 + at)});
  return points;
}

}  // namespace

TEST_CASE("a daily season is found, and what breaks it stands out") {
  std::mt19937_64 dice(3);
  std::normal_distribution<double> noise(0, 2);
  const auto usual = [](double at) { return 50 + 30 * std::sin(2 * std::numbers::pi * at / kDay); };
  const std::vector<Point> points = Days(7, [&](double at) { return usual(at) + noise(dice); });
  const auto baseline = SeasonalBaseline::FitWithSeason(points);
  REQUIRE(baseline);
  CHECK(baseline->season_seconds() == kDay);
  CHECK(baseline->spread() == doctest::Approx(2).epsilon(0.15));
  for (double at = 1.7e9; at < 1.7e9 + kDay; at += 7000) CHECK(std::fabs(baseline->CenterAt(at) - usual(at)) < 1.5);
  CHECK(std::fabs(baseline->DeviationsOf(1.7e9, usual(1.7e9) + 20)) > 7);
}

TEST_CASE("noise has no season, and outliers do not widen what is usual") {
  std::mt19937_64 dice(4);
  std::normal_distribution<double> noise(100, 5);
  std::vector<Point> points = Days(7, [&](double /*at*/) { return noise(dice); });
  for (size_t i = 0; i < points.size(); i += 10) points[i].value = 10'000;
  points[5].value = NAN;
  points[6].value = INFINITY;
  const auto baseline = SeasonalBaseline::FitWithSeason(points);
  REQUIRE(baseline);
  CHECK(baseline->season_seconds() == 0);
  CHECK(baseline->spread() == doctest::Approx(5).epsilon(0.25));
  CHECK(baseline->CenterAt(1e9) == doctest::Approx(100).epsilon(0.02));
}

TEST_CASE("what hardly ever moves has a spread all the same") {
  std::vector<Point> points = Days(1, [](double /*at*/) { return 7.0; });
  const auto still = SeasonalBaseline::FitWithSeason(points);
  REQUIRE(still);
  CHECK(still->spread() > 0);
  CHECK(std::fabs(still->DeviationsOf(1.7e9, 7)) == 0);
  CHECK(still->DeviationsOf(1.7e9, 8) > 1000);
  points[3].value = 8;
  CHECK(SeasonalBaseline::Fit(points, 0)->spread() == doctest::Approx(1.2533 / 288));
}

TEST_CASE("too little data says nothing, and a season must have come twice") {
  const std::vector<Point> points = Days(1, [](double at) { return at; });
  CHECK_FALSE(SeasonalBaseline::Fit(std::span(points).first(SeasonalBaseline::kMinPoints - 1), 0));
  CHECK_FALSE(SeasonalBaseline::FitWithSeason({}));
  CHECK(SeasonalBaseline::Fit(points, kDay)->season_seconds() == 0);
  CHECK(SeasonalBaseline::Fit(points, 3600)->season_seconds() == 3600);
}
