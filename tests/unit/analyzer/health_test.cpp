#include <doctest/doctest.h>

#include <numeric>
#include <random>

#include "analyzer/health/health_model.h"

using namespace tidemark::health;

TEST_CASE("curves are linear between their points and flat outside") {
  const std::vector<std::pair<double, double>> curve{{70, 0}, {90, 0.5}, {100, 1}};
  CHECK(CurveAt(curve, 0) == 0);
  CHECK(CurveAt(curve, 80) == doctest::Approx(0.25));
  CHECK(CurveAt(curve, 95) == doctest::Approx(0.75));
  CHECK(CurveAt(curve, 1000) == 1);
}

TEST_CASE("points add up exactly and never to more than 100") {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> points(0, 40);
  for (int round = 0; round < 1000; ++round) {
    std::vector<double> raw(12);
    for (double& value : raw) value = points(random) * (round % 4 == 0 ? 0.1 : 1);
    const std::vector<double> quantized = QuantizePoints(raw);
    const double sum = std::accumulate(quantized.begin(), quantized.end(), 0.0);
    const double backwards = std::accumulate(quantized.rbegin(), quantized.rend(), 0.0);
    CHECK(sum <= 100);
    CHECK(sum == backwards);
    CHECK(100 - (100 - sum) == sum);
    for (const double value : quantized) CHECK(value >= 0);
    if (std::accumulate(raw.begin(), raw.end(), 0.0) > 100) CHECK(sum == 100);
  }
}
