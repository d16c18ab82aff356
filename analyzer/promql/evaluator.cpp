#include "analyzer/promql/evaluator.h"

#include <algorithm>
#include <unordered_map>

namespace tidemark::promql {

Value Evaluator::Evaluate(const Expr& expr) {
  CheckDeadline();
  Value value = std::visit([this](const auto& node) { return EvaluateNode(node); }, expr.node);
  // A series without a value at any step is not in the result.
  std::erase_if(value.vector,
                [](const StepSeries& series) { return std::ranges::find(series.present, 1) == series.present.end(); });
  return value;
}

void Evaluator::CheckDeadline() const {
  if (context_.is_cancelled != nullptr && *context_.is_cancelled)
    throw CancelledError("query was canceled in expression evaluation");
  if (std::chrono::steady_clock::now() > context_.deadline)
    throw TimeoutError("query timed out in expression evaluation");
}

void Evaluator::Charge(size_t samples) {
  charged_samples_ += samples;
  if (charged_samples_ > context_.max_samples) {
    throw storage::QueryError("query processing would load too many samples into memory in query execution");
  }
}

StepSeries& Evaluator::AddSeries(StepVector& vector, Labels labels) {
  Charge(step_count_);
  return vector.emplace_back(std::move(labels), step_count_);
}

int64_t Evaluator::Shifted(const TimeShift& shift, int64_t time_ms) const {
  switch (shift.anchor) {
    case TimeShift::Anchor::kTimestamp:
      time_ms = shift.at_ms;
      break;
    case TimeShift::Anchor::kStart:
      time_ms = query_start_ms_;
      break;
    case TimeShift::Anchor::kEnd:
      time_ms = query_end_ms_;
      break;
    case TimeShift::Anchor::kNone:
      break;
  }
  return time_ms - shift.offset_ms;
}

Value Evaluator::EvaluateNode(const NumberLiteral& node) {
  return {.vector = {}, .scalars = std::vector<double>(step_count_, node.value), .text = {}};
}

Value Evaluator::EvaluateNode(const StringLiteral& node) { return {.vector = {}, .scalars = {}, .text = node.value}; }

// A range vector has no steps of its own: the engine and the range functions read it with EvaluateMatrix.
Value Evaluator::EvaluateNode(const MatrixSelector& /*node*/) {
  throw EvalError("range vector in a place that takes none");
}
Value Evaluator::EvaluateNode(const Subquery& /*node*/) { throw EvalError("sub-query in a place that takes none"); }

Value Evaluator::EvaluateNode(const Unary& node) {
  Value value = Evaluate(*node.inner);
  if (!node.negates) return value;
  for (double& scalar : value.scalars) scalar = -scalar;
  for (StepSeries& series : value.vector) {
    series.labels = series.labels.Without(storage::kMetricName);
    for (double& number : series.values) number = -number;
  }
  MergeEqualLabels(value.vector);
  return value;
}

void Evaluator::MergeEqualLabels(StepVector& vector) const {
  std::unordered_map<Labels, size_t, storage::LabelsHash> first_by_labels;
  size_t kept = 0;
  for (size_t i = 0; i < vector.size(); ++i) {
    const auto [it, is_new] = first_by_labels.try_emplace(vector[i].labels, kept);
    if (is_new) {
      if (kept != i) vector[kept] = std::move(vector[i]);
      ++kept;
      continue;
    }
    StepSeries& target = vector[it->second];
    for (size_t step = 0; step < step_count_; ++step) {
      if (vector[i].present[step] == 0) continue;
      if (target.present[step] != 0) throw EvalError("vector cannot contain metrics with the same labelset");
      target.Set(step, vector[i].values[step]);
    }
  }
  vector.erase(vector.begin() + static_cast<ptrdiff_t>(kept), vector.end());
}

}  // namespace tidemark::promql
