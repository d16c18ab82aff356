// What reads the store: selectors, and the functions of the ranges that they give. Series are computed one by one, so
// that what takes each in turn (an aggregation) needs no memory for all of them.

#include <algorithm>

#include "analyzer/promql/evaluator.h"
#include "analyzer/promql/ordered_pipeline.h"

namespace tidemark::promql {

using storage::SeriesSamples;

namespace {

void RemoveStaleMarkers(std::vector<Sample>& samples) {
  // There are none, mostly: looking through all at once is quicker than looking at each.
  bool any = false;
  for (const Sample& sample : samples) any |= storage::IsStaleMarker(sample.value);
  if (any) std::erase_if(samples, [](const Sample& sample) { return storage::IsStaleMarker(sample.value); });
}

/// Whether no two series that match differ by their name alone.
bool FixesName(const std::vector<storage::Matcher>& matchers) {
  return std::ranges::any_of(matchers, [](const storage::Matcher& matcher) {
    return matcher.type() == storage::Matcher::Type::kEqual && matcher.name() == storage::kMetricName;
  });
}

/// Values of a function at each step, one window after the other. Calls `check` now and then, which may throw. Returns
/// how many samples the windows had in all.
template <typename Check>
size_t EachWindow(const Function& function, const std::array<std::vector<double>, 2>& scalars,
                  const StepWindows& windows, const Steps& steps, std::span<const Sample> samples, StepSeries& out,
                  Check&& check) {
  constexpr size_t kSamplesBetweenChecks = 1'000'000;
  MovingWindow moving(samples, windows);
  size_t seen = 0;
  size_t seen_at_check = 0;
  for (size_t step = 0; step < windows.count; ++step) {
    moving.MoveTo(step);
    if (moving.size() == 0) continue;
    seen += moving.size();
    if (seen - seen_at_check > kSamplesBetweenChecks) {
      seen_at_check = seen;
      check();
    }
    Window window{
        samples.subspan(moving.first(), moving.size()), moving.begin_ms(), moving.end_ms(), steps.time_ms(step), {}};
    for (size_t i = 0; i < scalars.size(); ++i) {
      if (!scalars[i].empty()) window.arguments[i] = scalars[i][step];
    }
    if (const std::optional<double> value = function.range(window)) out.Set(step, *value);
  }
  return seen;
}

}  // namespace

/// One selector's series as they are read and computed. `compute` may be called by two threads at a time.
struct Evaluator::SeriesStream {
  std::unique_ptr<const storage::Selection> selection;
  ComputeSeries compute;
  bool has_unique_labels = true;  ///< else two may have the same, once their names are gone
};

std::pair<int64_t, TimeShift> RangeOf(const Expr& matrix) {
  if (const auto* selector = std::get_if<MatrixSelector>(&matrix.node))
    return {selector->range_ms, selector->selector.shift};
  const auto& subquery = std::get<Subquery>(matrix.node);
  return {subquery.range_ms, subquery.shift};
}

StepWindows Evaluator::WindowsOf(const TimeShift& shift, int64_t range_ms) const {
  return {.first_end_ms = Shifted(shift, steps_.start_ms),
          .advance_ms = shift.anchor == TimeShift::Anchor::kNone ? steps_.step_ms : 0,
          .count = step_count_,
          .range_ms = range_ms};
}

/// The series that have samples in any of the windows.
std::unique_ptr<const storage::Selection> Evaluator::OpenWindows(const std::vector<storage::Matcher>& matchers,
                                                                 const StepWindows& windows) const {
  return context_.storage.Open(matchers, windows.begin_ms(), windows.end_ms(windows.count - 1));
}

/// The same, where of each window the newest sample is all that counts.
std::unique_ptr<const storage::Selection> Evaluator::OpenNewest(const std::vector<storage::Matcher>& matchers,
                                                                const StepWindows& windows) const {
  if (windows.count > 1) return OpenWindows(matchers, windows);
  return context_.storage.OpenNewest(matchers, windows.begin_ms(), windows.first_end_ms);
}

/// The newest sample of each step within the look-back: its value, or for timestamp() its time.
Evaluator::SeriesStream Evaluator::OpenInstant(const VectorSelector& node, bool gives_time) const {
  const StepWindows windows = WindowsOf(node.shift, context_.lookback_ms);
  SeriesStream stream;
  stream.selection = OpenNewest(node.matchers, windows);
  stream.has_unique_labels = !gives_time || FixesName(node.matchers);
  stream.compute = [windows, gives_time](const Labels& labels, std::vector<Sample>& samples, StepSeries& out) {
    out.Reset(gives_time ? labels.Without(storage::kMetricName) : labels, windows.count);
    SampleCursor after(samples);  // first sample later than the step
    size_t seen = 0;
    for (size_t step = 0; step < windows.count; ++step) {
      const int64_t at_ms = windows.end_ms(step);
      after.MoveTo(at_ms + 1);
      if (after.at() == 0) continue;
      const Sample& newest = samples[after.at() - 1];
      if (newest.timestamp_ms < at_ms - windows.range_ms || storage::IsStaleMarker(newest.value)) continue;
      out.Set(step, gives_time ? static_cast<double>(newest.timestamp_ms) / 1000 : newest.value);
      ++seen;
    }
    return seen;
  };
  return stream;
}

/// A function's values over a selector's ranges.
Evaluator::SeriesStream Evaluator::OpenRange(const Call& call, const MatrixSelector& matrix) {
  const StepWindows windows = WindowsOf(matrix.selector.shift, matrix.range_ms);
  SeriesStream stream;
  stream.compute = ComputeRange(call, windows);
  stream.selection = OpenWindows(matrix.selector.matchers, windows);
  stream.has_unique_labels = call.function->keeps_name || FixesName(matrix.selector.matchers);
  return stream;
}

Evaluator::ComputeSeries Evaluator::ComputeRange(const Call& call, const StepWindows& windows) {
  std::array<std::vector<double>, 2> scalars;
  size_t scalar_count = 0;
  for (const ExprPtr& argument : call.arguments) {
    if (argument->type != ValueType::kMatrix) scalars[scalar_count++] = Evaluate(*argument).scalars;
  }
  const Function& function = *call.function;
  return [this, &function, windows, scalars = std::move(scalars), steps = steps_](
             const Labels& labels, std::vector<Sample>& samples, StepSeries& out) {
    RemoveStaleMarkers(samples);
    out.Reset(function.keeps_name ? labels : labels.Without(storage::kMetricName), windows.count);
    if (samples.empty()) return size_t{0};
    if (function.steps != nullptr) return function.steps(samples, windows, out);
    return EachWindow(function, scalars, windows, steps, samples, out, [this] { CheckDeadline(); });
  };
}

void Evaluator::ReadStream(const SeriesStream& stream, const std::function<void(StepSeries& series)>& consume) {
  struct Slot {
    std::vector<Sample> samples;
    size_t loaded = 0;
    size_t seen = 0;
    StepSeries series;
  };
  const auto compute = [&](size_t index, Slot& slot) {
    stream.selection->Read(index, slot.samples);
    slot.loaded = slot.samples.size();
    slot.seen = stream.compute(stream.selection->labels(index), slot.samples, slot.series);
  };
  // Asking for the time at each series would cost as much as a short series does.
  constexpr size_t kSamplesBetweenChecks = 10'000;
  size_t unchecked = 0;
  const auto take = [&](Slot& slot) {
    Charge(slot.loaded);
    queryable_samples_ += slot.seen;
    unchecked += slot.loaded + step_count_;
    if (unchecked > kSamplesBetweenChecks) {
      unchecked = 0;
      CheckDeadline();
    }
    if (slot.series.IsEmpty()) return;
    Charge(step_count_);
    consume(slot.series);
  };
  // What is done sooner than a thread is started.
  constexpr size_t kWorthHelp = 20'000;
  const size_t work = stream.selection->size() * step_count_;
  OrderedPipeline<Slot, decltype(compute), decltype(take)>(stream.selection->size(), compute, take)
      .Run(context_.may_use_helper && stream.selection->size() > 1 && work > kWorthHelp);
}

Value Evaluator::Collect(const SeriesStream& stream) {
  Value result;
  ReadStream(stream, [&](StepSeries& series) { result.vector.push_back(std::move(series)); });
  if (!stream.has_unique_labels) MergeEqualLabels(result.vector);
  return result;
}

void Evaluator::ForEachSeries(const Expr& expr, const std::function<void(const StepSeries& series)>& consume) {
  std::optional<SeriesStream> stream;
  if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) {
    stream = OpenInstant(*selector, false);
  } else if (const auto* call = std::get_if<Call>(&expr.node); call != nullptr && call->function->IsOfRange()) {
    const Expr& range_vector = RangeArgument(*call);
    if (const auto* matrix = std::get_if<MatrixSelector>(&range_vector.node)) stream = OpenRange(*call, *matrix);
  }
  if (stream && stream->has_unique_labels) {
    ReadStream(*stream, consume);
    return;
  }
  const Value value = stream ? Collect(*stream) : Evaluate(expr);
  for (const StepSeries& series : value.vector) consume(series);
}

Value Evaluator::EvaluateNode(const VectorSelector& node) { return Collect(OpenInstant(node, false)); }

Value Evaluator::EvaluateTimestamp(const Call& call) {
  const Expr& argument = *call.arguments[0];
  if (const auto* selector = std::get_if<VectorSelector>(&argument.node)) return Collect(OpenInstant(*selector, true));
  // Values that were computed have the time of their step.
  Value result = Evaluate(argument);
  for (StepSeries& series : result.vector) {
    series.labels = series.labels.Without(storage::kMetricName);
    for (size_t step = 0; step < step_count_; ++step)
      series.values[step] = static_cast<double>(steps_.time_ms(step)) / 1000;
  }
  MergeEqualLabels(result.vector);
  return result;
}

const Expr& Evaluator::RangeArgument(const Call& call) {
  return **std::ranges::find(call.arguments, ValueType::kMatrix,
                             [](const ExprPtr& argument) { return argument->type; });
}

Value Evaluator::EvaluateRange(const Call& call) {
  const Expr& range_vector = RangeArgument(call);
  if (const auto* matrix = std::get_if<MatrixSelector>(&range_vector.node)) return Collect(OpenRange(call, *matrix));
  const auto [range_ms, shift] = RangeOf(range_vector);
  const auto compute = ComputeRange(call, WindowsOf(shift, range_ms));
  Value result;
  for (SeriesSamples& loaded : EvaluateMatrix(range_vector)) {
    CheckDeadline();
    queryable_samples_ += compute(loaded.labels, loaded.samples, AddSeries(result.vector, loaded.labels));
  }
  MergeEqualLabels(result.vector);
  return result;
}

std::vector<SeriesSamples> Evaluator::EvaluateMatrix(const Expr& expr) {
  std::vector<SeriesSamples> found;
  if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    const TimeShift& shift = matrix->selector.shift;
    found = context_.storage.Select(matrix->selector.matchers, Shifted(shift, steps_.start_ms) - matrix->range_ms,
                                    Shifted(shift, steps_.time_ms(step_count_ - 1)),
                                    context_.max_samples - charged_samples_);
    for (SeriesSamples& series : found) {
      Charge(series.samples.size());
      RemoveStaleMarkers(series.samples);
      queryable_samples_ += series.samples.size();
    }
    CheckDeadline();
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
    if (inner_steps.count() > inner_context.max_samples) Charge(context_.max_samples + 1);
    Evaluator inner(inner_context, inner_steps, query_start_ms_, query_end_ms_);
    Value value = inner.Evaluate(*subquery.inner);
    queryable_samples_ += inner.queryable_samples_;
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

}  // namespace tidemark::promql
