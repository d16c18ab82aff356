#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "analyzer/promql/engine.h"
#include "analyzer/thresholds/backtest.h"

namespace tidemark::thresholds {

/// What a threshold would have done over a window, as a whole and by label set, and how that changes with its value.
struct BacktestReport {
  /// What another value in place of the lowest level would have done (of a baseline: other deviations).
  struct SweepPoint {
    double value;
    BacktestCounts counts;
  };

  Threshold threshold;
  promql::Steps steps;
  size_t label_sets = 0;
  size_t alerting_label_sets = 0;
  BacktestCounts total;
  std::vector<BacktestSeries> series;  ///< those that alerted longest first
  std::vector<SweepPoint> sweep;

  [[nodiscard]] double days() const;
  [[nodiscard]] double AlertsPerDay() const { return static_cast<double>(total.alerts) / days(); }
};

/// Of histories that were read already.
BacktestReport MakeBacktestReport(const Threshold& threshold, const promql::Steps& steps,
                                  const std::vector<AlertHistory>& histories);
/// Over stored samples. \throw as promql::Engine::Range
BacktestReport RunBacktest(const Threshold& threshold, const promql::Engine& engine, const promql::Steps& steps,
                           const std::optional<promql::ClientQuery>& client);

/// The answer of POST backtest. Long lists are cut; the counts are of all.
nlohmann::ordered_json ToJson(const BacktestReport& report);

}  // namespace tidemark::thresholds
