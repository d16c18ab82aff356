#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/storage/storage.h"

namespace tidemark::promql {

using storage::Labels;
using storage::Sample;

/// The times an expression is evaluated at: start_ms, start_ms + step_ms, … up to end_ms. An instant query has one.
struct Steps {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 1;

  [[nodiscard]] size_t count() const {
    return end_ms < start_ms ? 0 : static_cast<size_t>((end_ms - start_ms) / step_ms) + 1;
  }
  [[nodiscard]] int64_t time_ms(size_t step) const { return start_ms + static_cast<int64_t>(step) * step_ms; }
};

/// One series of an instant vector over all steps. `values[i]` counts only where `present[i]` is 1.
struct StepSeries {
  Labels labels;
  std::vector<double> values;
  std::vector<uint8_t> present;

  StepSeries() = default;
  StepSeries(Labels series_labels, size_t steps) : labels(std::move(series_labels)), values(steps), present(steps) {}
  /// Makes it a series without a value at any step, whatever it was.
  void Reset(Labels series_labels, size_t steps) {
    labels = std::move(series_labels);
    values.resize(steps);
    present.assign(steps, 0);
  }
  [[nodiscard]] bool IsEmpty() const { return std::ranges::find(present, 1) == present.end(); }
  void Set(size_t step, double value) {
    values[step] = value;
    present[step] = 1;
  }
};

using StepVector = std::vector<StepSeries>;

/// The steps, of `step_count`, at which any of the series has a value: 1 there.
inline std::vector<uint8_t> PresentSteps(const StepVector& vector, size_t step_count) {
  std::vector<uint8_t> present(step_count, 0);
  for (const StepSeries& series : vector) {
    for (size_t step = 0; step < step_count; ++step) present[step] |= series.present[step];
  }
  return present;
}

/// What an expression is over all steps. Which member counts depends on the expression's type.
struct Value {
  StepVector vector;            ///< instant vector
  std::vector<double> scalars;  ///< scalar: one value a step
  std::string text;             ///< string
};

}  // namespace tidemark::promql
