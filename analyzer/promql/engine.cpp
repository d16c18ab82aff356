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
    out.samples.reserve(static_cast<size_t>(std::ranges::count(series.present, 1)));
    for (size_t step = 0; step < steps.count(); ++step) {
      if (series.present[step] != 0) out.samples.push_back({steps.time_ms(step), series.values[step]});
    }
    series = {};  // not both in memory
  }
  return all;
}

/// Asking for the number of CPUs opens a file, each time.
bool HasSecondCpu() {
  static const bool has = std::thread::hardware_concurrency() > 1;
  return has;
}

}  // namespace

/// A query while it runs: its bounds, and its place among the others.
class Engine::Running {
 public:
  Running(const Engine& engine, const std::optional<ClientQuery>& client)
      : deadline_(std::chrono::steady_clock::now() +
                  (client ? std::min(client->timeout, engine.options_.timeout) : engine.options_.timeout)),
        client_gone_(client ? client->client_gone : nullptr),
        pass_(client ? engine.gate_.Enter(deadline_, client_gone_.get()) : engine.gate_.EnterAtOnce()),
        context_{.storage = engine.storage_,
                 .lookback_ms = client && client->lookback_ms > 0 ? client->lookback_ms : engine.options_.lookback_ms,
                 .default_step_ms = engine.options_.default_step_ms,
                 .max_samples = engine.options_.max_samples,
                 .deadline = deadline_,
                 .is_cancelled = client_gone_.get(),
                 .may_use_helper = pass_.is_first() && HasSecondCpu()} {}

  [[nodiscard]] const EvalContext& context() const { return context_; }

 private:
  const std::chrono::steady_clock::time_point deadline_;
  const std::shared_ptr<const std::atomic<bool>> client_gone_;
  const QueryGate::Pass pass_;
  const EvalContext context_;
};

QueryResult Engine::Instant(const Expr& expr, int64_t time_ms, const std::optional<ClientQuery>& client) const {
  const Running running(*this, client);
  QueryResult result{.type = expr.type, .steps = {time_ms, time_ms, 1}};
  Evaluator evaluator(running.context(), result.steps, time_ms, time_ms);
  if (expr.type == ValueType::kMatrix) {
    result.ranges = evaluator.EvaluateMatrix(expr);
  } else {
    Value value = evaluator.Evaluate(expr);
    if (expr.type == ValueType::kScalar) result.scalar = value.scalars.front();
    result.text = std::move(value.text);
    result.vector = std::move(value.vector);
  }
  result.statistics = evaluator.statistics();
  return result;
}

QueryResult Engine::Range(const Expr& expr, const Steps& steps, const std::optional<ClientQuery>& client) const {
  const Running running(*this, client);
  Evaluator evaluator(running.context(), steps, steps.start_ms, steps.end_ms);
  Value value = evaluator.Evaluate(expr);
  QueryResult result{.type = ValueType::kMatrix,
                     .steps = steps,
                     .vector = std::move(value.vector),
                     .statistics = evaluator.statistics()};
  if (expr.type == ValueType::kScalar) {
    StepSeries& series = result.vector.emplace_back(Labels{}, steps.count());
    for (size_t step = 0; step < steps.count(); ++step) series.Set(step, value.scalars[step]);
  }
  std::ranges::sort(result.vector, {}, &StepSeries::labels);
  return result;
}

std::vector<storage::SeriesSamples> Engine::InstantVector(const Expr& expr, int64_t time_ms) const {
  if (!IsScalarOrVector(expr.type))
    throw EvalError(std::string("query result is not a vector or scalar but a ") + TypeName(expr.type));
  QueryResult result = Instant(expr, time_ms);
  if (expr.type == ValueType::kScalar) return {{Labels{}, {{time_ms, result.scalar}}}};
  return ToSeries(std::move(result.vector), result.steps);
}

std::vector<storage::SeriesSamples> Engine::InstantVector(std::string_view query, int64_t time_ms) const {
  return InstantVector(*ParseExpr(query), time_ms);
}

std::vector<storage::SeriesSamples> Engine::RangeSeries(const Expr& expr, const Steps& steps,
                                                        const std::optional<ClientQuery>& client) const {
  return ToSeries(Range(expr, steps, client).vector, steps);
}

}  // namespace tidemark::promql
