#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/promql/extrapolation.h"
#include "analyzer/promql/value.h"

namespace tidemark::promql {

/// The samples a range function sees at one step, by rising time, without staleness markers.
struct Window {
  std::span<const Sample> samples;
  int64_t begin_ms;  ///< of the range
  int64_t end_ms;
  int64_t eval_ms;                  ///< the step's time, without offset
  std::array<double, 2> arguments;  ///< the function's scalars, as many as it has
};

/// Computes one value from a window; empty: the series has none at this step. \throw EvalError for an argument that the
/// function does not take.
using RangeFunction = std::optional<double> (*)(const Window& window);
/// Computes the values of all steps from a series' samples. Returns how many samples the windows had in all.
using StepsFunction = size_t (*)(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);
using MathFunction = double (*)(double value);
using DateFunction = double (*)(int64_t unix_seconds);

/// Functions that need more than one value of one series: the evaluator has code for each.
enum class Special {
  kNone,
  kAbsent,
  kAbsentOverTime,
  kClamp,
  kClampMax,
  kClampMin,
  kHistogramQuantile,
  kNativeHistogram,  ///< reads histograms of a kind that the store does not have: of floats it makes nothing
  kLabelJoin,
  kLabelReplace,
  kPi,
  kRound,
  kScalar,
  kSort,
  kSortDesc,
  kTime,
  kTimestamp,
  kVector
};

struct Function {
  const char* name;
  std::vector<ValueType> parameters;
  size_t min_arguments;
  bool variadic;  ///< the last parameter may come any number of times
  ValueType result;
  RangeFunction range = nullptr;
  StepsFunction steps = nullptr;  ///< in place of `range`
  bool keeps_name = false;        ///< the result keeps the metric name
  MathFunction math = nullptr;
  DateFunction date = nullptr;
  Special special = Special::kNone;

  /// Whether it makes a value of each window of a range vector.
  [[nodiscard]] bool IsOfRange() const { return range != nullptr || steps != nullptr; }
};

/// By exact name, or null.
const Function* FindFunction(std::string_view name);

/// The φ-quantile of `values` (reordered) with linear interpolation between neighbours, as PromQL's quantile does.
double Quantile(double q, std::vector<double>& values);

struct Bucket {
  double upper_bound;
  double count;
};
/// The φ-quantile of a classic histogram (Prometheus 2.42, promql/quantile.go). NaN without a +Inf bucket.
double HistogramQuantile(double q, std::vector<Bucket> buckets);

}  // namespace tidemark::promql
