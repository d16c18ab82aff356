#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>
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
  const std::atomic<bool>* is_cancelled;  ///< may be null
  bool may_use_helper;                    ///< a second thread, where there is much to compute
};

/// What a query cost.
struct QueryStatistics {
  uint64_t queryable_samples = 0;  ///< looked at: those of all windows, and one for each value of a selector
  uint64_t peak_samples = 0;       ///< most that can have been in memory at a time: all that were loaded and computed
};

/// Length and time shift of a range vector, which is a selector or a sub-query.
std::pair<int64_t, TimeShift> RangeOf(const Expr& matrix);

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

  /// Of what was evaluated so far.
  [[nodiscard]] QueryStatistics statistics() const { return {queryable_samples_, charged_samples_}; }

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

  // evaluate_selector.cpp
  struct SeriesStream;
  /// Makes a series of its samples and tells how many were looked at.
  using ComputeSeries = std::function<size_t(const Labels& labels, std::vector<Sample>& samples, StepSeries& out)>;
  [[nodiscard]] StepWindows WindowsOf(const TimeShift& shift, int64_t range_ms) const;
  [[nodiscard]] std::unique_ptr<const storage::Selection> OpenWindows(const std::vector<storage::Matcher>& matchers,
                                                                      const StepWindows& windows) const;
  [[nodiscard]] std::unique_ptr<const storage::Selection> OpenNewest(const std::vector<storage::Matcher>& matchers,
                                                                     const StepWindows& windows) const;
  [[nodiscard]] SeriesStream OpenInstant(const VectorSelector& node, bool gives_time) const;
  [[nodiscard]] SeriesStream OpenRange(const Call& call, const MatrixSelector& matrix);
  [[nodiscard]] ComputeSeries ComputeRange(const Call& call, const StepWindows& windows);
  /// Calls `consume` with each series that has a value, in order; it may take it.
  void ReadStream(const SeriesStream& stream, const std::function<void(StepSeries& series)>& consume);
  Value Collect(const SeriesStream& stream);
  /// The same for any expression that gives an instant vector: one by one where that is possible.
  void ForEachSeries(const Expr& expr, const std::function<void(const StepSeries& series)>& consume);
  static const Expr& RangeArgument(const Call& call);
  Value EvaluateRange(const Call& call);
  Value EvaluateTimestamp(const Call& call);

  // evaluate_call.cpp
  Value EvaluateMath(const Call& call);
  Value EvaluateDate(const Call& call);
  Value EvaluateSpecial(const Call& call);
  Value EvaluateAbsent(const Call& call);
  Value EvaluateClamp(const Call& call);
  Value EvaluateHistogramQuantile(const Call& call);
  Value EvaluateLabelChange(const Call& call);
  Value EvaluateScalar(const Call& call);
  Value EvaluateSort(const Call& call);

  // evaluate_binary.cpp
  Value ScalarBinary(const Binary& node, const Value& left, const Value& right) const;
  Value VectorScalarBinary(const Binary& node, Value vector, const std::vector<double>& scalars,
                           bool scalar_is_left) const;
  Value VectorBinary(const Binary& node, const Value& left, const Value& right);
  Value SetBinary(const Binary& node, Value left, Value right) const;

  // evaluate_aggregate.cpp
  Value AggregateSum(const Aggregate& node);
  Value AggregateFold(const Aggregate& node);
  Value AggregateSelect(const Aggregate& node, const std::vector<double>& parameter);
  Value SelectAtOneStep(const Aggregate& node, size_t limit);
  Value SelectAtEachStep(const Aggregate& node, const std::vector<size_t>& limits);
  Value AggregateQuantile(const Aggregate& node, const StepVector& input, const std::vector<double>& parameter) const;
  Value AggregateCountValues(const Aggregate& node, const StepVector& input, const std::string& label) const;

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
  size_t queryable_samples_ = 0;
};

}  // namespace tidemark::promql
