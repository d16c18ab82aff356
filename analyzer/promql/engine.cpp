#include "analyzer/promql/engine.h"

#include <algorithm>
#include <thread>

namespace tidemark::promql {
namespace {

std::vector<storage::SeriesSamples> ToSeries(StepVector vector, const Steps& steps) {
  std::vector<storage::SeriesSamples> all;
  all.reserve(vector.size());
  for (StepSeries& series : vector) {
    storage::SeriesSamples& out = all.emplace_back(storage::SeriesSamples{std::move(series.labels), {}});
    for (size_t step = 0; step < steps.count(); ++step) {
      if (series.present[step] != 0) out.samples.push_back({steps.time_ms(step), series.values[step]});
    }
  }
  return all;
}

}  // namespace

/// Counts a query while it runs.
class Engine::Running {
 public:
  explicit Running(std::atomic<int>& count) : count_(count), is_alone_(count_.fetch_add(1) == 0) {}
  ~Running() { --count_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// Whether no other one ran when it began.
  [[nodiscard]] bool is_alone() const { return is_alone_; }

 private:
  std::atomic<int>& count_;
  const bool is_alone_;
};

EvalContext Engine::Context(const Running& running) const {
  return {.storage = storage_,
          .lookback_ms = options_.lookback_ms,
          .default_step_ms = options_.default_step_ms,
          .max_samples = options_.max_samples,
          .deadline = std::chrono::steady_clock::now() + options_.timeout,
          .may_use_helper = running.is_alone() && std::thread::hardware_concurrency() > 1};
}

QueryResult Engine::Instant(const Expr& expr, int64_t time_ms) const {
  const Steps steps{time_ms, time_ms, 1};
  const Running running(running_queries_);
  Evaluator evaluator(Context(running), steps, time_ms, time_ms);
  QueryResult result{.type = expr.type, .series = {}, .scalar = {}, .text = {}};
  if (expr.type == ValueType::kMatrix) {
    result.series = evaluator.EvaluateMatrix(expr);
    return result;
  }
  Value value = evaluator.Evaluate(expr);
  if (expr.type == ValueType::kScalar) result.scalar = {time_ms, value.scalars.front()};
  if (expr.type == ValueType::kString) {
    result.text = std::move(value.text);
    result.scalar.timestamp_ms = time_ms;
  }
  if (expr.type == ValueType::kVector) result.series = ToSeries(std::move(value.vector), steps);
  return result;
}

QueryResult Engine::Range(const Expr& expr, const Steps& steps) const {
  const Running running(running_queries_);
  Evaluator evaluator(Context(running), steps, steps.start_ms, steps.end_ms);
  Value value = evaluator.Evaluate(expr);
  QueryResult result{.type = ValueType::kMatrix, .series = {}, .scalar = {}, .text = {}};
  if (expr.type == ValueType::kScalar) {
    storage::SeriesSamples series;
    for (size_t step = 0; step < steps.count(); ++step)
      series.samples.push_back({steps.time_ms(step), value.scalars[step]});
    result.series.push_back(std::move(series));
  } else {
    result.series = ToSeries(std::move(value.vector), steps);
    std::ranges::sort(result.series, {}, &storage::SeriesSamples::labels);
  }
  return result;
}

std::vector<storage::SeriesSamples> Engine::InstantVector(std::string_view query, int64_t time_ms) const {
  const ExprPtr expr = ParseExpr(query);
  if (expr->type != ValueType::kVector && expr->type != ValueType::kScalar)
    throw EvalError(std::string("query result is not a vector or scalar but a ") + TypeName(expr->type));
  QueryResult result = Instant(*expr, time_ms);
  if (expr->type == ValueType::kScalar) return {{storage::Labels{}, {result.scalar}}};
  return std::move(result.series);
}

}  // namespace tidemark::promql
