#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analyzer/promql/value.h"
#include "analyzer/storage/storage.h"
#include "analyzer/thresholds/alert_machine.h"
#include "analyzer/thresholds/down_targets.h"
#include "analyzer/thresholds/usual_values.h"

// What a threshold would have done: the values of its expression at each evaluation of a window, fed to the state
// machine of live alerts. Pure: values in, plain structs out.

namespace tidemark::thresholds {

/// What evaluations knew of one alert's label set at each step.
struct AlertHistory {
  enum class Presence : uint8_t { kNone, kValue, kTargetDown };

  storage::Labels labels;
  std::vector<double> values;
  std::vector<Presence> present;        ///< whether there is a value at that step, and if not, why
  std::vector<double> deviations;       ///< with a baseline: Reading::compared; else empty
  std::vector<ExpectedRange> expected;  ///< with a baseline

  /// Reading::compared at each step.
  [[nodiscard]] const std::vector<double>& compared() const { return deviations.empty() ? values : deviations; }
  [[nodiscard]] bool HasValue(size_t step) const { return present[step] == Presence::kValue; }
  [[nodiscard]] Evaluation At(size_t step) const;
  void Set(size_t step, const Reading& reading);
};

/// The series of an expression as the alerts they would be: those that differ by the metric name only, or by a label
/// that the threshold sets, are one, with the worst value of each step. `down` has the targets that did not answer at
/// each step; when it is empty all did. `usual` is there when the threshold has a baseline.
std::vector<AlertHistory> MakeHistories(const Threshold& threshold, const promql::Steps& steps,
                                        const std::vector<storage::SeriesSamples>& series,
                                        const std::vector<DownTargets>& down = {}, const UsualValues* usual = nullptr);

/// The histories of a threshold over the stored samples of a window. \throw as promql::Engine::Range
std::vector<AlertHistory> ReadHistories(const Threshold& threshold, const promql::Engine& engine,
                                        const promql::Steps& steps, const std::optional<promql::ClientQuery>& client);

/// A time in which an alert was pending or firing at one level.
struct BacktestInterval {
  AlertState state = AlertState::kPending;
  Level level = Level::kInfo;
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
  double worst = 0;      ///< the value furthest past the limits
  bool is_open = false;  ///< it goes on past the window
};

struct BacktestCounts {
  size_t alerts = 0;      ///< times that one began to fire
  int64_t firing_ms = 0;  ///< of all together
  int64_t longest_ms = 0;
  size_t flaps = 0;      ///< times that one fired again within kResolvedKeptMs of its end
  size_t cancelled = 0;  ///< times that one was pending and did not fire
  std::array<int64_t, kLevelCount> level_ms{};

  void Add(const BacktestCounts& other);
};

struct BacktestSeries {
  storage::Labels labels;
  BacktestCounts counts;
  std::vector<BacktestInterval> intervals;  ///< one after the other
};

/// One alert's life over the steps.
BacktestSeries Backtest(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history);

/// The counts alone.
BacktestCounts CountAlerts(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history);

/// Values to try in place of the threshold's: at least `count` where the histories have as many, spread over all of
/// them, rising. Empty without values.
std::vector<double> SweepValues(const std::vector<AlertHistory>& histories, size_t count);

/// The threshold with one level at `value` in place of its own: the lowest that it has.
Threshold WithLimit(const Threshold& threshold, double value);

}  // namespace tidemark::thresholds
