// Aggregations over the series of a vector (promql/engine.go of Prometheus 2.42, aggregation).

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "analyzer/promql/evaluator.h"
#include "common/exposition/parser.h"
#include "common/number_format.h"

namespace tidemark::promql {
namespace {

Labels GroupLabels(const Aggregate& node, const Labels& labels) {
  return node.without ? labels.Drop(node.grouping) : labels.Keep(node.grouping);
}

/// The groups of an aggregation in the order in which they first come.
class Groups {
 public:
  explicit Groups(const Aggregate& node) : node_(node) {}

  /// The group of a series, which may be a new one: the last.
  size_t Of(const Labels& series) {
    // All series are of one.
    if (!labels_.empty() && !node_.without && node_.grouping.empty()) return 0;
    Labels labels = GroupLabels(node_, series);
    const auto [it, is_new] = index_.try_emplace(labels, labels_.size());
    if (is_new) labels_.push_back(std::move(labels));
    return it->second;
  }

  /// Those of each series of a vector.
  std::vector<size_t> OfEach(const StepVector& input) {
    std::vector<size_t> groups;
    groups.reserve(input.size());
    for (const StepSeries& series : input) groups.push_back(Of(series.labels));
    return groups;
  }

  [[nodiscard]] const std::vector<Labels>& labels() const { return labels_; }

 private:
  const Aggregate& node_;
  std::vector<Labels> labels_;
  std::unordered_map<Labels, size_t, storage::LabelsHash> index_;
};

/// Running state of one group at one step.
struct Fold {
  double value = 0;
  double mean = 0;
  double count = 0;

  void Add(AggregateOp op, double sample) {
    const bool first = count++ == 0;
    switch (op) {
      case AggregateOp::kMin:
        if (first || value > sample || std::isnan(value)) value = sample;
        return;
      case AggregateOp::kMax:
        if (first || value < sample || std::isnan(value)) value = sample;
        return;
      case AggregateOp::kAvg:
        if (first) {
          mean = sample;
          return;
        }
        if (std::isinf(mean)) {
          if (std::isinf(sample) && (mean > 0) == (sample > 0)) return;
          if (std::isfinite(sample)) return;
        }
        // Divided one by one, so that the sum does not overflow.
        mean += sample / count - mean / count;
        return;
      case AggregateOp::kStddev:
      case AggregateOp::kStdvar: {
        if (first) {
          mean = sample;
          return;
        }
        const double delta = sample - mean;
        mean += delta / count;
        value += delta * (sample - mean);
        return;
      }
      default:
        return;
    }
  }

  [[nodiscard]] double Result(AggregateOp op) const {
    switch (op) {
      case AggregateOp::kAvg:
        return mean;
      case AggregateOp::kCount:
        return count;
      case AggregateOp::kGroup:
        return 1;
      case AggregateOp::kStddev:
        return std::sqrt(value / count);
      case AggregateOp::kStdvar:
        return value / count;
      default:
        return value;
    }
  }
};

/// Which series topk or bottomk keeps at one step. Among equal values it matters how Prometheus comes to its choice: a
/// heap as Go's container/heap makes it, the value to go first on top.
class BestOfStep {
 public:
  BestOfStep(bool top, size_t limit) : top_(top), limit_(limit) {}

  /// Whether the series is among the best so far.
  bool Offer(size_t series, double value) {
    if (limit_ == 0) return false;
    const Entry entry{series, value};
    if (heap_.size() == limit_) {
      if (!GoesBefore(heap_[0], entry)) return false;
      heap_[0] = heap_.back();
      heap_.pop_back();
      SiftDown();
    }
    heap_.push_back(entry);
    SiftUp(heap_.size() - 1);
    return true;
  }

  /// The best first, NaN last, equal ones in the order of the heap.
  [[nodiscard]] std::vector<size_t> Series() const {
    std::vector<Entry> sorted = heap_;
    std::ranges::stable_sort(sorted, [this](const Entry& a, const Entry& b) {
      if (std::isnan(a.value) || std::isnan(b.value)) return !std::isnan(a.value) && std::isnan(b.value);
      return GoesBefore(b, a);
    });
    std::vector<size_t> series;
    series.reserve(sorted.size());
    for (const Entry& entry : sorted) series.push_back(entry.series);
    return series;
  }

 private:
  struct Entry {
    size_t series;
    double value;
  };

  [[nodiscard]] bool GoesBefore(const Entry& a, const Entry& b) const {
    return std::isnan(a.value) || (top_ ? a.value < b.value : a.value > b.value);
  }
  void SiftUp(size_t at) {
    while (at > 0) {
      const size_t parent = (at - 1) / 2;
      if (!GoesBefore(heap_[at], heap_[parent])) return;
      std::swap(heap_[at], heap_[parent]);
      at = parent;
    }
  }
  void SiftDown() {
    for (size_t at = 0, child = 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && GoesBefore(heap_[child + 1], heap_[child])) ++child;
      if (!GoesBefore(heap_[child], heap_[at])) return;
      std::swap(heap_[at], heap_[child]);
      at = child;
    }
  }

  bool top_;
  size_t limit_;
  std::vector<Entry> heap_;
};

}  // namespace

Value Evaluator::EvaluateNode(const Aggregate& node) {
  Value parameter;
  if (node.parameter) parameter = Evaluate(*node.parameter);
  switch (node.op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
      return AggregateSelect(node, parameter.scalars);
    case AggregateOp::kQuantile:
      return AggregateQuantile(node, Evaluate(*node.inner).vector, parameter.scalars);
    case AggregateOp::kCountValues:
      return AggregateCountValues(node, Evaluate(*node.inner).vector, parameter.text);
    case AggregateOp::kSum:
      return AggregateSum(node);
    default:
      return AggregateFold(node);
  }
}

Value Evaluator::AggregateSum(const Aggregate& node) {
  Value result;
  Groups groups(node);
  ForEachSeries(*node.inner, [&](const StepSeries& series) {
    const size_t group = groups.Of(series.labels);
    if (group == result.vector.size()) {
      // A sum begins at -0: what it is added to stays as it is, also -0.
      AddSeries(result.vector, groups.labels()[group]).values.assign(step_count_, -0.0);
    }
    StepSeries& sum = result.vector[group];
    for (size_t step = 0; step < step_count_; ++step)
      sum.values[step] += series.present[step] != 0 ? series.values[step] : -0.0;
    for (size_t step = 0; step < step_count_; ++step) sum.present[step] |= series.present[step];
  });
  return result;
}

Value Evaluator::AggregateFold(const Aggregate& node) {
  Groups groups(node);
  std::vector<std::vector<Fold>> folds;
  ForEachSeries(*node.inner, [&](const StepSeries& series) {
    const size_t group = groups.Of(series.labels);
    if (group == folds.size()) {
      Charge(step_count_);
      folds.emplace_back(step_count_);
    }
    std::vector<Fold>& by_step = folds[group];
    for (size_t step = 0; step < step_count_; ++step) {
      if (series.present[step] != 0) by_step[step].Add(node.op, series.values[step]);
    }
  });
  Value result;
  for (size_t group = 0; group < folds.size(); ++group) {
    StepSeries& series = result.vector.emplace_back(groups.labels()[group], step_count_);
    for (size_t step = 0; step < step_count_; ++step) {
      if (folds[group][step].count > 0) series.Set(step, folds[group][step].Result(node.op));
    }
  }
  return result;
}

/// topk and bottomk: the series themselves, at the steps where they are among the k.
Value Evaluator::AggregateSelect(const Aggregate& node, const std::vector<double>& parameter) {
  std::vector<size_t> limits;  // by step
  limits.reserve(step_count_);
  for (size_t step = 0; step < step_count_; ++step) {
    const double k = parameter[step];
    if (!(k >= -9.2e18 && k <= 9.2e18)) throw EvalError("Scalar value " + FormatApiFloat(k) + " overflows int64");
    limits.push_back(k < 1 ? 0 : static_cast<size_t>(k));
  }
  return step_count_ == 1 ? SelectAtOneStep(node, limits.front()) : SelectAtEachStep(node, limits);
}

/// The best first. Of the series that are not among them nothing is kept.
Value Evaluator::SelectAtOneStep(const Aggregate& node, size_t limit) {
  struct Row {
    Labels labels;
    double value;
  };
  std::vector<Row> taken;
  std::vector<BestOfStep> best;
  Groups groups(node);
  ForEachSeries(*node.inner, [&](const StepSeries& series) {
    const size_t group = groups.Of(series.labels);
    if (group == best.size()) best.emplace_back(node.op == AggregateOp::kTopk, limit);
    const double value = series.values.front();
    if (series.present.front() != 0 && best[group].Offer(taken.size(), value)) taken.push_back({series.labels, value});
  });
  Value result;
  for (const BestOfStep& group : best) {
    for (const size_t i : group.Series())
      result.vector.emplace_back(std::move(taken[i].labels), 1).Set(0, taken[i].value);
  }
  return result;
}

/// By the order of the series.
Value Evaluator::SelectAtEachStep(const Aggregate& node, const std::vector<size_t>& limits) {
  struct Row {
    size_t group;
    StepSeries series;
  };
  std::vector<Row> input;
  Groups groups(node);
  ForEachSeries(*node.inner, [&](const StepSeries& series) { input.push_back({groups.Of(series.labels), series}); });
  std::map<size_t, StepSeries> selected;  // by their places in the input
  for (size_t step = 0; step < step_count_; ++step) {
    std::vector<BestOfStep> best(groups.labels().size(), BestOfStep(node.op == AggregateOp::kTopk, limits[step]));
    for (size_t i = 0; i < input.size(); ++i) {
      const auto& [group, series] = input[i];
      if (series.present[step] != 0) best[group].Offer(i, series.values[step]);
    }
    for (const BestOfStep& group : best) {
      for (const size_t i : group.Series()) {
        const StepSeries& series = input[i].series;
        selected.try_emplace(i, series.labels, step_count_).first->second.Set(step, series.values[step]);
      }
    }
  }
  Value result;
  for (auto& [i, series] : selected) result.vector.push_back(std::move(series));
  return result;
}

Value Evaluator::AggregateQuantile(const Aggregate& node, const StepVector& input,
                                   const std::vector<double>& parameter) const {
  Groups groups(node);
  const std::vector<size_t> group_of = groups.OfEach(input);
  Value result;
  for (size_t group = 0; group < groups.labels().size(); ++group) {
    StepSeries& series = result.vector.emplace_back(groups.labels()[group], step_count_);
    for (size_t step = 0; step < step_count_; ++step) {
      std::vector<double> values;
      for (size_t i = 0; i < input.size(); ++i) {
        if (group_of[i] == group && input[i].present[step] != 0) values.push_back(input[i].values[step]);
      }
      if (!values.empty()) series.Set(step, Quantile(parameter[step], values));
    }
  }
  return result;
}

Value Evaluator::AggregateCountValues(const Aggregate& node, const StepVector& input, const std::string& label) const {
  if (!exposition::IsValidLabelName(label)) throw EvalError("invalid label name \"" + label + "\"");
  std::map<Labels, StepSeries> counted;
  for (const StepSeries& series : input) {
    const Labels group =
        node.without ? GroupLabels(node, series.labels).Without(label) : GroupLabels(node, series.labels);
    for (size_t step = 0; step < step_count_; ++step) {
      if (series.present[step] == 0) continue;
      const Labels labels = group.With(label, FormatPlainFloat(series.values[step]));
      StepSeries& count = counted.try_emplace(labels, labels, step_count_).first->second;
      count.Set(step, count.values[step] + 1);
    }
  }
  Value result;
  for (auto& [labels, series] : counted) result.vector.push_back(std::move(series));
  return result;
}

}  // namespace tidemark::promql
