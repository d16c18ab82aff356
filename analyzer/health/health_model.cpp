#include "analyzer/health/health_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/yaml_reader.h"

namespace tidemark::health {
namespace {

Factor ParseFactor(const config::YamlValue& item) {
  Factor factor;
  config::YamlMap map = item.Map();
  factor.name = map.Require("name").String();
  factor.title = map.Require("title").String();
  factor.unit = map.Require("unit").String();
  factor.expr = config::ParseExprField(map.Require("expr"));
  const config::YamlValue weight = map.Require("weight");
  factor.weight = weight.Number();
  if (factor.weight <= 0 || factor.weight > 100) weight.Fail("must be above 0 and at most 100");
  const config::YamlValue curve = map.Require("curve");
  for (const config::YamlValue& point : curve.List()) {
    const std::vector<config::YamlValue> pair = point.List();
    if (pair.size() != 2) point.Fail("must be [value, share]");
    const double share = pair[1].Number();
    if (share < 0 || share > 1) pair[1].Fail("must be between 0 and 1");
    if (!factor.curve.empty() && pair[0].Number() <= factor.curve.back().first) pair[0].Fail("values must rise");
    factor.curve.emplace_back(pair[0].Number(), share);
  }
  if (factor.curve.empty()) curve.Fail("must have at least one point");
  map.Finish();
  return factor;
}

void Evaluate(const promql::Engine& engine, int64_t time_ms, Contribution& contribution) {
  const Factor& factor = *contribution.factor;
  try {
    double worst = -1;
    for (const storage::SeriesSamples& series : engine.InstantVector(*factor.expr.parsed, time_ms)) {
      const double value = series.samples.front().value;
      if (std::isnan(value)) continue;
      const double share = CurveAt(factor.curve, value);
      if (share <= worst) continue;
      worst = share;
      contribution.has_data = true;
      contribution.value = value;
      contribution.labels = series.labels;
      contribution.points = factor.weight * share;
    }
  } catch (const std::runtime_error& error) {
    contribution.error = error.what();
  }
}

}  // namespace

const char* StatusName(Health::Status status) {
  constexpr const char* kNames[] = {"healthy", "degraded", "critical", "unknown"};
  return kNames[static_cast<int>(status)];
}

HealthModel LoadHealthModel(const std::string& path) {
  HealthModel model;
  config::YamlMap root = config::ReadYamlFile(path).Map();
  if (const auto limit = root.Find("degraded_below")) model.degraded_below = limit->Number();
  if (const auto limit = root.Find("critical_below")) model.critical_below = limit->Number();
  for (const config::YamlValue& item : root.Require("factors").List()) model.factors.push_back(ParseFactor(item));
  root.Finish();
  return model;
}

double CurveAt(const std::vector<std::pair<double, double>>& curve, double value) {
  if (value <= curve.front().first) return curve.front().second;
  for (size_t i = 1; i < curve.size(); ++i) {
    if (value > curve[i].first) continue;
    const auto [x0, y0] = curve[i - 1];
    const auto [x1, y1] = curve[i];
    return y0 + (y1 - y0) * (value - x0) / (x1 - x0);
  }
  return curve.back().second;
}

std::vector<double> QuantizePoints(const std::vector<double>& points) {
  const double sum = std::accumulate(points.begin(), points.end(), 0.0);
  const bool scaled = sum > 100;
  std::vector<double> quantized;
  double total = 0;
  for (const double value : points) {
    const double share = scaled ? value * (100 / sum) : value;
    // Scaled points are rounded down, so that they cannot add up to more than 100; the rest goes to the largest.
    const double quanta = share / kPointQuantum;
    quantized.push_back((scaled ? std::floor(quanta) : std::round(quanta)) * kPointQuantum);
    total += quantized.back();
  }
  if (scaled || total > 100) {
    const auto largest = std::ranges::max_element(quantized);
    *largest += 100 - total;
  }
  return quantized;
}

Health Score(const HealthModel& model, const promql::Engine& engine, int64_t time_ms) {
  Health health;
  health.time_ms = time_ms;
  std::vector<double> points;
  for (const Factor& factor : model.factors) {
    Contribution& contribution = health.contributions.emplace_back();
    contribution.factor = &factor;
    Evaluate(engine, time_ms, contribution);
    points.push_back(contribution.points);
  }
  points = QuantizePoints(points);
  double total = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    health.contributions[i].points = points[i];
    total += points[i];
  }
  health.score = 100 - total;
  if (std::ranges::any_of(health.contributions, &Contribution::has_data)) {
    health.status = health.score < model.critical_below   ? Health::Status::kCritical
                    : health.score < model.degraded_below ? Health::Status::kDegraded
                                                          : Health::Status::kHealthy;
  }
  std::ranges::stable_sort(health.contributions, std::ranges::greater{}, &Contribution::points);
  return health;
}

}  // namespace tidemark::health
