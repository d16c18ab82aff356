#pragma once

#include <chrono>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/promql/errors.h"
#include "analyzer/promql/functions.h"
#include "analyzer/promql/value.h"
#include "analyzer/storage/storage.h"

namespace tidemark::promql {

/// What bounds one evaluation. Copied into sub-queries, which share the sample budget.
struct EvalContext {
  const storage::Queryable& storage;
  int64_t lookback_ms;
  int64_t default_step_ms;  ///< of sub-queries without one
  size_t max_samples;
  std::chrono::steady_clock::time_point deadline;
};

/// Evaluates one expression at all steps at once: each selector reads its samples once, each operator works series by
/// series over arrays of steps. Used by one thread, once.
class Evaluator {
 public:
  /// `query_start_ms` and `query_end_ms` are what `@ start()` and `@ end()` mean, in sub-queries too.
  Evaluator(const EvalContext& context, const Steps& steps, int64_t query_start_ms, int64_t query_end_ms)
      : context_(context),
        steps_(steps),
        step_count_(steps.count()),
        query_start_ms_(query_start_ms),
        query_end_ms_(query_end_ms) {}

  /// \throw EvalError, TimeoutError, storage::QueryError
  Value Evaluate(const Expr& expr);

  /// Samples of a range vector expression (selector or sub-query), without staleness markers, each series over all the
  /// time that any step's window covers.
  std::vector<storage::SeriesSamples> EvaluateMatrix(const Expr& expr);

 private:
  Value EvaluateNode(const NumberLiteral& node);
  Value EvaluateNode(const StringLiteral& node);
  Value EvaluateNode(const VectorSelector& node);
  Value EvaluateNode(const MatrixSelector& node);
  Value EvaluateNode(const Subquery& node);
  Value EvaluateNode(const Call& node);
  Value EvaluateNode(const Aggregate& node);
  Value EvaluateNode(const Binary& node);
  Value EvaluateNode(const Unary& node);

  // evaluate_call.cpp
  Value EvaluateRange(const Call& call);
  Value EvaluateMath(const Call& call);
  Value EvaluateDate(const Call& call);
  Value EvaluateSpecial(const Call& call);
  Value EvaluateAbsent(const Call& call);
  Value EvaluateClamp(const Call& call);
  Value EvaluateHistogramQuantile(const Call& call);
  Value EvaluateLabelChange(const Call& call);
  Value EvaluateScalar(const Call& call);
  Value EvaluateSort(const Call& call);
  Value EvaluateTimestamp(const Call& call);

  // evaluate_binary.cpp
  Value ScalarBinary(const Binary& node, const Value& left, const Value& right) const;
  Value VectorScalarBinary(const Binary& node, Value vector, const std::vector<double>& scalars,
                           bool scalar_is_left) const;
  Value VectorBinary(const Binary& node, const Value& left, const Value& right);
  Value SetBinary(const Binary& node, Value left, Value right) const;

  // evaluate_aggregate.cpp
  Value AggregateFold(const Aggregate& node, const StepVector& input) const;
  Value AggregateSelect(const Aggregate& node, const StepVector& input, const std::vector<double>& parameter) const;
  Value AggregateQuantile(const Aggregate& node, const StepVector& input, const std::vector<double>& parameter) const;
  Value AggregateCountValues(const Aggregate& node, const StepVector& input, const std::string& label) const;

  /// Calls visit(step, sample) with the newest sample of each step within the look-back.
  template <typename F>
  void ForEachInstantSample(const VectorSelector& node, const std::vector<Sample>& samples, F&& visit) const;
  std::vector<storage::SeriesSamples> SelectInstant(const VectorSelector& node);
  std::vector<storage::SeriesSamples> Load(const std::vector<storage::Matcher>& matchers, int64_t from_ms,
                                           int64_t to_ms);
  /// The time a selector reads at, for the evaluation time `time_ms`.
  [[nodiscard]] int64_t Shifted(const TimeShift& shift, int64_t time_ms) const;
  void Charge(size_t samples);
  void CheckDeadline() const;
  StepSeries& AddSeries(StepVector& vector, Labels labels);
  /// Joins series that became equal when their labels changed. \throw EvalError when two have a value at one step.
  void MergeEqualLabels(StepVector& vector) const;

  EvalContext context_;
  Steps steps_;
  size_t step_count_;
  int64_t query_start_ms_;
  int64_t query_end_ms_;
  size_t charged_samples_ = 0;
};

}  // namespace tidemark::promql
