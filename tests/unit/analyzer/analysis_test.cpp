#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "analyzer/analysis/mann_kendall.h"
#include "analyzer/analysis/mann_whitney.h"
#include "analyzer/analysis/ranks.h"
#include "analyzer/analysis/regression.h"
#include "analyzer/analysis/theil_sen.h"
#include "analyzer/analysis/trend.h"

using namespace tidemark::analysis;

TEST_CASE("Mann-Kendall by hand: five rising values, and ties") {
  // S = 10, Var = 5·4·15/18 = 16.667, z = 9/4.0825.
  const MannKendall rising = MannKendallTest(std::vector<double>{1, 2, 3, 4, 5});
  CHECK(rising.s == 10);
  CHECK(rising.tau == doctest::Approx(1));
  CHECK(rising.variance == doctest::Approx(5.0 * 4 * 15 / 18));
  CHECK(rising.z == doctest::Approx(9 / std::sqrt(5.0 * 4 * 15 / 18)));
  CHECK(rising.p == doctest::Approx(std::erfc(rising.z / std::sqrt(2.0))));
  // Two ties of two: S = 4, Var = (4·3·13 - 2·(2·1·9)) / 18.
  const MannKendall ties = MannKendallTest(std::vector<double>{1, 1, 2, 2});
  CHECK(ties.s == 4);
  CHECK(ties.variance == doctest::Approx((4.0 * 3 * 13 - 2 * (2.0 * 1 * 9)) / 18));
  CHECK(MannKendallTest(std::vector<double>{3, 3, 3}).p == 1);
  CHECK(MannKendallTest(std::vector<double>{}).p == 1);
}

TEST_CASE("Theil-Sen is the median slope and ignores an outlier") {
  const std::vector<double> x{0, 1, 2, 3, 4};
  const TheilSen line = TheilSenEstimate(x, std::vector<double>{1, 3, 5, 7, 1000},
                                         MannKendallTest(std::vector<double>{1, 3, 5, 7, 1000}).variance, 0.05);
  CHECK(line.slope == doctest::Approx(2));
  CHECK(line.slope_low <= line.slope);
  CHECK(line.slope_high >= line.slope);
}

TEST_CASE("Mann-Whitney and Hodges-Lehmann by hand") {
  const std::vector<double> a{1, 2, 3};
  const std::vector<double> b{4, 5, 6};
  const MannWhitney test = MannWhitneyTest(a, b);
  CHECK(test.u == 9);
  CHECK(test.cliffs_delta == 1);
  CHECK(test.z == doctest::Approx((9 - 4.5 - 0.5) / std::sqrt(3.0 * 3 * 7 / 12)));
  CHECK(HodgesLehmannShift(a, b) == 3);
  CHECK(MannWhitneyTest(b, a).cliffs_delta == -1);
  CHECK(MannWhitneyTest(a, a).p == 1);
  CHECK(MannWhitneyTest(std::vector<double>{5, 5}, std::vector<double>{5, 5}).p == 1);
  CHECK(MannWhitneyTest({}, b).p == 1);
}

TEST_CASE("ranks, medians, quantiles and adjusted p-values") {
  CHECK(AverageRanks(std::vector<double>{10, 20, 10, 5}) == std::vector<double>{2.5, 4, 2.5, 1});
  CHECK(Median(std::vector<double>{4, 1, 3, 2}) == 2.5);
  CHECK(QuantileOf(std::vector<double>{1, 2, 3, 4, 5}, 0.9) == doctest::Approx(4.6));
  const auto adjusted = FalseDiscoveryRate(std::vector<double>{0.01, 0.04, 0.03, 0.5});
  CHECK(adjusted[0] == doctest::Approx(0.04));
  CHECK(adjusted[1] == doctest::Approx(0.04 * 4 / 3));
  CHECK(adjusted[2] == doctest::Approx(0.04 * 4 / 3));
  CHECK(adjusted[3] == doctest::Approx(0.5));
}

TEST_CASE("trends are found in drift and not in autocorrelated noise") {
  std::mt19937 random(11);
  std::normal_distribution<double> noise;
  std::vector<Point> drift;
  for (int i = 0; i < 400; ++i) drift.push_back({i * 30.0, 0.02 * i + noise(random)});
  const Trend rising = FindTrend(drift, 0.05);
  CHECK(rising.verdict == Trend::Verdict::kRising);
  CHECK(rising.slope_per_hour == doctest::Approx(0.02 * 120).epsilon(0.1));
  CHECK(rising.slope_low < 2.4);
  CHECK(rising.slope_high > 2.4);

  int found = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<Point> memory;
    double value = 0;
    for (int i = 0; i < 200; ++i) memory.push_back({i * 30.0, value = 0.8 * value + noise(random)});
    found += FindTrend(memory, 0.05).verdict != Trend::Verdict::kNone ? 1 : 0;
  }
  CHECK(found <= 15);  // the plain test reports about half of them

  CHECK(FindTrend(std::vector<Point>{{0, 1}, {1, 2}}, 0.05).verdict == Trend::Verdict::kNone);
  CHECK(FindTrend(std::vector<Point>(100, Point{0, 5}), 0.05).verdict == Trend::Verdict::kNone);
}

TEST_CASE("a regression needs significance, effect and size") {
  std::mt19937 random(5);
  std::normal_distribution<double> noise;
  const auto sample = [&](double mean) {
    std::vector<double> values(100);
    for (double& value : values) value = mean + noise(random);
    return values;
  };
  const auto verdict = [](const std::vector<double>& before, const std::vector<double>& after,
                          const RegressionCriteria& criteria) {
    Regression regression = Compare(before, after);
    Judge(regression, regression.p, criteria);
    return std::string(VerdictName(regression.verdict));
  };
  CHECK(verdict(sample(10), sample(13), {}) == "regressed");
  CHECK(verdict(sample(10), sample(7), {}) == "improved");
  CHECK(verdict(sample(10), sample(7), {.higher_is_worse = false}) == "regressed");
  CHECK(verdict(sample(10), sample(13), {.smallest_shift = 5}) == "unchanged");
  CHECK(verdict(sample(10), sample(10), {}) == "unchanged");
  CHECK(verdict({1, 2, 3}, sample(10), {}) == "inconclusive");
  CHECK(Compare(sample(10), sample(13)).shift == doctest::Approx(3).epsilon(0.2));
}
