#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "analyzer/analysis/seasonal_baseline.h"
#include "analyzer/promql/engine.h"
#include "analyzer/thresholds/alert_machine.h"

namespace tidemark::thresholds {

/// What is usual for each series of a threshold with a baseline, at the times at which it is evaluated. What is usual
/// is found anew at fixed times, from what was before them, and holds until the next: so a backtest finds what the live
/// threshold found. Used by one thread.
class UsualValues {
 public:
  /// `threshold` has a baseline.
  explicit UsualValues(const Threshold& threshold);

  /// Makes ready for evaluations in [from_ms, to_ms]; what is needed for earlier ones only is forgotten.
  /// \throw as promql::Engine::Range
  void Prepare(const promql::Engine& engine, int64_t from_ms, int64_t to_ms);

  /// A value of a series as the state machine takes it. Where too little is known of the series nothing is unusual.
  [[nodiscard]] Reading ReadingOf(const storage::Labels& series, int64_t time_ms, double value) const;

 private:
  using BySeries = std::map<storage::Labels, std::optional<analysis::SeasonalBaseline>>;

  [[nodiscard]] int64_t SlotOf(int64_t time_ms) const { return time_ms - time_ms % refresh_ms_; }
  [[nodiscard]] std::optional<analysis::SeasonalBaseline> Fit(std::span<const analysis::Point> points) const;

  const BaselineForm form_;
  const Operator op_;
  const double deviations_;  // of the lowest level
  const std::shared_ptr<const promql::Expr> expr_;
  const int64_t step_ms_;     // between the values that are looked at
  const int64_t refresh_ms_;  // between the times at which what is usual is found
  std::map<int64_t, BySeries> slots_;
};

}  // namespace tidemark::thresholds
