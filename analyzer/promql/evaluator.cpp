#include "analyzer/promql/evaluator.h"

#include <algorithm>
#include <unordered_map>

namespace tidemark::promql {

using storage::SeriesSamples;

Value Evaluator::Evaluate(const Expr& expr) {
  CheckDeadline();
  Value value = std::visit([this](const auto& node) { return EvaluateNode(node); }, expr.node);
  // A series without a value at any step is not in the result.
  std::erase_if(value.vector,
                [](const StepSeries& series) { return std::ranges::find(series.present, 1) == series.present.end(); });
  return value;
}

void Evaluator::CheckDeadline() const {
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

std::vector<SeriesSamples> Evaluator::Load(const std::vector<storage::Matcher>& matchers, int64_t from_ms,
                                           int64_t to_ms) {
  std::vector<SeriesSamples> loaded =
      context_.storage.Select(matchers, from_ms, to_ms, context_.max_samples - charged_samples_);
  for (const SeriesSamples& series : loaded) Charge(series.samples.size());
  CheckDeadline();
  return loaded;
}

Value Evaluator::EvaluateNode(const NumberLiteral& node) {
  return {.vector = {}, .scalars = std::vector<double>(step_count_, node.value), .text = {}};
}

Value Evaluator::EvaluateNode(const StringLiteral& node) { return {.vector = {}, .scalars = {}, .text = node.value}; }

std::vector<SeriesSamples> Evaluator::SelectInstant(const VectorSelector& node) {
  const int64_t first_ms = Shifted(node.shift, steps_.start_ms);
  const int64_t last_ms = Shifted(node.shift, steps_.time_ms(step_count_ - 1));
  return Load(node.matchers, first_ms - context_.lookback_ms, last_ms);
}

template <typename F>
void Evaluator::ForEachInstantSample(const VectorSelector& node, const std::vector<Sample>& samples, F&& visit) const {
  size_t after = 0;  // first sample later than the step
  for (size_t step = 0; step < step_count_; ++step) {
    const int64_t at_ms = Shifted(node.shift, steps_.time_ms(step));
    while (after < samples.size() && samples[after].timestamp_ms <= at_ms) ++after;
    if (after == 0) continue;
    const Sample& newest = samples[after - 1];
    if (newest.timestamp_ms < at_ms - context_.lookback_ms || storage::IsStaleMarker(newest.value)) continue;
    visit(step, newest);
  }
}

Value Evaluator::EvaluateNode(const VectorSelector& node) {
  Value result;
  for (SeriesSamples& loaded : SelectInstant(node)) {
    StepSeries& series = AddSeries(result.vector, std::move(loaded.labels));
    ForEachInstantSample(node, loaded.samples,
                         [&](size_t step, const Sample& sample) { series.Set(step, sample.value); });
  }
  return result;
}

Value Evaluator::EvaluateTimestamp(const Call& call) {
  const Expr& argument = *call.arguments[0];
  Value result;
  if (const auto* selector = std::get_if<VectorSelector>(&argument.node)) {
    for (SeriesSamples& loaded : SelectInstant(*selector)) {
      StepSeries& series = AddSeries(result.vector, loaded.labels.Without(storage::kMetricName));
      ForEachInstantSample(*selector, loaded.samples, [&](size_t step, const Sample& sample) {
        series.Set(step, static_cast<double>(sample.timestamp_ms) / 1000);
      });
    }
  } else {
    // Values that were computed have the time of their step.
    result = Evaluate(argument);
    for (StepSeries& series : result.vector) {
      series.labels = series.labels.Without(storage::kMetricName);
      for (size_t step = 0; step < step_count_; ++step)
        series.values[step] = static_cast<double>(steps_.time_ms(step)) / 1000;
    }
  }
  MergeEqualLabels(result.vector);
  return result;
}

std::vector<SeriesSamples> Evaluator::EvaluateMatrix(const Expr& expr) {
  std::vector<SeriesSamples> found;
  if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    const TimeShift& shift = matrix->selector.shift;
    found = Load(matrix->selector.matchers, Shifted(shift, steps_.start_ms) - matrix->range_ms,
                 Shifted(shift, steps_.time_ms(step_count_ - 1)));
    for (SeriesSamples& series : found)
      std::erase_if(series.samples, [](const Sample& sample) { return storage::IsStaleMarker(sample.value); });
  } else {
    const auto& subquery = std::get<Subquery>(expr.node);
    const int64_t step_ms = subquery.step_ms > 0 ? subquery.step_ms : context_.default_step_ms;
    const int64_t from_ms = Shifted(subquery.shift, steps_.start_ms) - subquery.range_ms;
    // Inner steps are whole multiples of the step, so that they do not move with the query.
    int64_t start_ms = step_ms * (from_ms / step_ms);
    if (start_ms < from_ms) start_ms += step_ms;
    const Steps inner_steps{start_ms, Shifted(subquery.shift, steps_.time_ms(step_count_ - 1)), step_ms};
    if (inner_steps.count() == 0) return found;
    EvalContext inner_context = context_;
    inner_context.max_samples -= charged_samples_;
    if (inner_steps.count() > inner_context.max_samples) Charge(context_.max_samples);
    Evaluator inner(inner_context, inner_steps, query_start_ms_, query_end_ms_);
    Value value = inner.Evaluate(*subquery.inner);
    for (StepSeries& series : value.vector) {
      SeriesSamples samples{std::move(series.labels), {}};
      for (size_t step = 0; step < inner_steps.count(); ++step) {
        if (series.present[step] != 0) samples.samples.push_back({inner_steps.time_ms(step), series.values[step]});
      }
      Charge(samples.samples.size());
      found.push_back(std::move(samples));
    }
  }
  std::erase_if(found, [](const SeriesSamples& series) { return series.samples.empty(); });
  return found;
}

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
