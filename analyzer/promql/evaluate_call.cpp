// Function calls.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "analyzer/promql/evaluator.h"
#include "common/exposition/parser.h"
#include "common/go_regex.h"
#include "common/number_format.h"

namespace tidemark::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Go's math.Min and math.Max: an infinity that no number is beyond wins; otherwise NaN when either is NaN.
double GoMin(double a, double b) {
  if (a == -kInf || b == -kInf) return -kInf;
  return std::isnan(a) || std::isnan(b) ? kNan : std::min(a, b);
}
double GoMax(double a, double b) {
  if (a == kInf || b == kInf) return kInf;
  return std::isnan(a) || std::isnan(b) ? kNan : std::max(a, b);
}

/// Go's conversion to int64 on amd64: what it cannot hold is its least.
int64_t GoInteger(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  return value >= -kLimit && value < kLimit ? static_cast<int64_t>(value) : std::numeric_limits<int64_t>::min();
}

/// Labels that an empty result would have had: those the selector fixes by one `=` each.
Labels LabelsForAbsent(const Expr& expr) {
  const std::vector<storage::Matcher>* matchers = nullptr;
  if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) matchers = &selector->matchers;
  if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) matchers = &matrix->selector.matchers;
  if (matchers == nullptr) return {};
  std::map<std::string, std::string> fixed;
  std::map<std::string, int> seen;
  for (const storage::Matcher& matcher : *matchers) {
    if (matcher.name() == storage::kMetricName) continue;
    const bool first_equal = matcher.type() == storage::Matcher::Type::kEqual && seen[matcher.name()]++ == 0;
    fixed[matcher.name()] = first_equal ? matcher.value() : "";
  }
  return Labels(std::vector<Labels::Pair>(fixed.begin(), fixed.end()));
}

}  // namespace

Value Evaluator::EvaluateNode(const Call& node) {
  const Function& function = *node.function;
  if (function.IsOfRange()) return EvaluateRange(node);
  if (function.math != nullptr) return EvaluateMath(node);
  if (function.date != nullptr) return EvaluateDate(node);
  return EvaluateSpecial(node);
}

Value Evaluator::EvaluateMath(const Call& call) {
  Value value = Evaluate(*call.arguments[0]);
  for (StepSeries& series : value.vector) {
    series.labels = series.labels.Without(storage::kMetricName);
    for (double& number : series.values) number = call.function->math(number);
  }
  MergeEqualLabels(value.vector);
  return value;
}

Value Evaluator::EvaluateDate(const Call& call) {
  Value value;
  if (call.arguments.empty()) {
    StepSeries& series = AddSeries(value.vector, {});
    for (size_t step = 0; step < step_count_; ++step)
      series.Set(step, static_cast<double>(steps_.time_ms(step)) / 1000);
  } else {
    value = Evaluate(*call.arguments[0]);
  }
  for (StepSeries& series : value.vector) {
    series.labels = series.labels.Without(storage::kMetricName);
    for (double& number : series.values) number = call.function->date(GoInteger(number));
  }
  MergeEqualLabels(value.vector);
  return value;
}

Value Evaluator::EvaluateSpecial(const Call& call) {
  Value result;
  switch (call.function->special) {
    case Special::kAbsent:
    case Special::kAbsentOverTime:
      return EvaluateAbsent(call);
    case Special::kClamp:
    case Special::kClampMax:
    case Special::kClampMin:
    case Special::kRound:
      return EvaluateClamp(call);
    case Special::kHistogramQuantile:
      return EvaluateHistogramQuantile(call);
    case Special::kNativeHistogram:
      for (const ExprPtr& argument : call.arguments) Evaluate(*argument);
      return result;
    case Special::kLabelJoin:
    case Special::kLabelReplace:
      return EvaluateLabelChange(call);
    case Special::kScalar:
      return EvaluateScalar(call);
    case Special::kSort:
    case Special::kSortDesc:
      return EvaluateSort(call);
    case Special::kTimestamp:
      return EvaluateTimestamp(call);
    case Special::kPi:
      result.scalars.assign(step_count_, std::numbers::pi);
      return result;
    case Special::kTime:
      for (size_t step = 0; step < step_count_; ++step)
        result.scalars.push_back(static_cast<double>(steps_.time_ms(step)) / 1000);
      return result;
    case Special::kVector: {
      const std::vector<double> scalars = Evaluate(*call.arguments[0]).scalars;
      StepSeries& series = AddSeries(result.vector, {});
      for (size_t step = 0; step < step_count_; ++step) series.Set(step, scalars[step]);
      return result;
    }
    case Special::kNone:
      break;
  }
  throw EvalError(std::string("function has no evaluation: ") + call.function->name);
}

Value Evaluator::EvaluateAbsent(const Call& call) {
  const Expr& argument = *call.arguments[0];
  std::vector<uint8_t> present(step_count_, 0);
  if (call.function->special == Special::kAbsent) {
    present = PresentSteps(Evaluate(argument).vector, step_count_);
  } else {
    const auto [range_ms, shift] = RangeOf(argument);
    for (const storage::SeriesSamples& loaded : EvaluateMatrix(argument)) {
      for (size_t step = 0; step < step_count_; ++step) {
        const int64_t end_ms = Shifted(shift, steps_.time_ms(step));
        const auto it = std::ranges::lower_bound(loaded.samples, end_ms - range_ms, {}, &Sample::timestamp_ms);
        if (it != loaded.samples.end() && it->timestamp_ms <= end_ms) present[step] = 1;
      }
    }
  }
  Value result;
  StepSeries& series = AddSeries(result.vector, LabelsForAbsent(argument));
  for (size_t step = 0; step < step_count_; ++step) {
    if (present[step] == 0) series.Set(step, 1);
  }
  return result;
}

Value Evaluator::EvaluateClamp(const Call& call) {
  const Special kind = call.function->special;
  Value value = Evaluate(*call.arguments[0]);
  std::vector<double> first(step_count_, 1);
  std::vector<double> second;
  if (call.arguments.size() > 1) first = Evaluate(*call.arguments[1]).scalars;
  if (call.arguments.size() > 2) second = Evaluate(*call.arguments[2]).scalars;
  for (StepSeries& series : value.vector) {
    series.labels = series.labels.Without(storage::kMetricName);
    for (size_t step = 0; step < step_count_; ++step) {
      double& number = series.values[step];
      switch (kind) {
        case Special::kClamp:
          if (second[step] < first[step]) series.present[step] = 0;
          number = GoMax(first[step], GoMin(second[step], number));
          break;
        case Special::kClampMax:
          number = GoMin(first[step], number);
          break;
        case Special::kClampMin:
          number = GoMax(first[step], number);
          break;
        default: {
          // Multiplying by the inverse keeps round(x, 0.1) exact where dividing by 0.1 is not.
          const double inverse = 1.0 / first[step];
          number = std::floor(number * inverse + 0.5) / inverse;
        }
      }
    }
  }
  MergeEqualLabels(value.vector);
  return value;
}

Value Evaluator::EvaluateHistogramQuantile(const Call& call) {
  const std::vector<double> q = Evaluate(*call.arguments[0]).scalars;
  const Value input = Evaluate(*call.arguments[1]);
  struct Member {
    double upper_bound;
    const StepSeries* series;
  };
  std::map<Labels, std::vector<Member>> histograms;
  for (const StepSeries& series : input.vector) {
    // A series whose "le" is no number is no bucket.
    const std::optional<double> upper_bound = ParseFloat(series.labels.Get("le"));
    if (upper_bound) histograms[series.labels.Drop({"le"})].push_back({*upper_bound, &series});
  }
  Value result;
  for (const auto& [labels, members] : histograms) {
    StepSeries& series = AddSeries(result.vector, labels);
    for (size_t step = 0; step < step_count_; ++step) {
      std::vector<Bucket> buckets;
      for (const Member& member : members) {
        if (member.series->present[step] != 0) buckets.push_back({member.upper_bound, member.series->values[step]});
      }
      if (!buckets.empty()) series.Set(step, HistogramQuantile(q[step], std::move(buckets)));
    }
  }
  return result;
}

Value Evaluator::EvaluateLabelChange(const Call& call) {
  const auto text = [&](size_t i) -> const std::string& {
    return std::get<StringLiteral>(call.arguments[i]->node).value;
  };
  const std::string& destination = text(1);
  const std::string name = call.function->name;
  if (!exposition::IsValidLabelName(destination))
    throw EvalError("invalid destination label name in " + name + "(): " + destination);
  Value value = Evaluate(*call.arguments[0]);
  if (call.function->special == Special::kLabelJoin) {
    for (size_t i = 3; i < call.arguments.size(); ++i) {
      if (!exposition::IsValidLabelName(text(i)))
        throw EvalError("invalid source label name in label_join(): " + text(i));
    }
    for (StepSeries& series : value.vector) {
      std::string joined;
      for (size_t i = 3; i < call.arguments.size(); ++i) {
        if (i > 3) joined += text(2);
        joined += series.labels.Get(text(i));
      }
      series.labels = series.labels.With(destination, joined);
    }
  } else {
    const re2::RE2 regex(text(4), re2::RE2::Quiet);
    if (!regex.ok()) throw EvalError("invalid regular expression in label_replace(): " + text(4));
    for (StepSeries& series : value.vector) {
      const RegexGroups groups = MatchWhole(regex, series.labels.Get(text(3)));
      if (!groups.empty()) series.labels = series.labels.With(destination, ExpandGroups(text(2), regex, groups));
    }
  }
  MergeEqualLabels(value.vector);
  return value;
}

Value Evaluator::EvaluateScalar(const Call& call) {
  const Value input = Evaluate(*call.arguments[0]);
  Value result;
  for (size_t step = 0; step < step_count_; ++step) {
    double only = kNan;
    int count = 0;
    for (const StepSeries& series : input.vector) {
      if (series.present[step] != 0 && ++count == 1) only = series.values[step];
    }
    result.scalars.push_back(count == 1 ? only : kNan);
  }
  return result;
}

Value Evaluator::EvaluateSort(const Call& call) {
  Value value = Evaluate(*call.arguments[0]);
  // The order of a vector means something only at one step; results over a range are ordered by labels.
  if (step_count_ != 1) return value;
  const bool descending = call.function->special == Special::kSortDesc;
  std::ranges::stable_sort(value.vector, [&](const StepSeries& a, const StepSeries& b) {
    const double x = a.values[0];
    const double y = b.values[0];
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? x > y : x < y;
  });
  return value;
}

}  // namespace tidemark::promql
