#pragma once

#include <string>
#include <vector>

#include "analyzer/config/expr_field.h"
#include "analyzer/promql/engine.h"

namespace tidemark::health {

/// One thing that can be wrong: a PromQL value and how many points it costs.
struct Factor {
  std::string name;
  std::string title;
  std::string unit;
  config::ExprField expr;
  double weight = 0;  ///< points at the curve's 1
  /// Value to share of the weight in [0, 1], by rising value; linear between the points, constant outside.
  std::vector<std::pair<double, double>> curve;
};

/// From rules/health.yml.
struct HealthModel {
  double degraded_below = 90;
  double critical_below = 60;
  std::vector<Factor> factors;
};

/// \throw config::ConfigError
HealthModel LoadHealthModel(const std::string& path);

/// What one factor says now.
struct Contribution {
  const Factor* factor = nullptr;
  bool has_data = false;
  double points = 0;       ///< taken off the score: a multiple of kPointQuantum
  double value = 0;        ///< of the worst series
  storage::Labels labels;  ///< of the worst series
  std::string error;       ///< the expression could not be evaluated
};

struct Health {
  enum class Status { kHealthy, kDegraded, kCritical, kUnknown } status = Status::kUnknown;
  double score = 0;  ///< 100 minus the sum of the contributions, exactly
  int64_t time_ms = 0;
  std::vector<Contribution> contributions;  ///< largest first
};
const char* StatusName(Health::Status status);

/// Points are multiples of this power of two, so that they add up to 100 - score without rounding errors.
inline constexpr double kPointQuantum = 0.125;

/// The share of its weight that a value costs.
double CurveAt(const std::vector<std::pair<double, double>>& curve, double value);

/// Scores the state at `time_ms`. Where an expression has several series, the worst counts. When the factors ask for
/// more than 100 points, all are scaled down. kUnknown as long as no factor has data.
Health Score(const HealthModel& model, const promql::Engine& engine, int64_t time_ms);

/// The arithmetic of Score: rounds each of `points` to the quantum and scales them when they are more than 100.
std::vector<double> QuantizePoints(const std::vector<double>& points);

}  // namespace tidemark::health
