#include "analyzer/thresholds/backtest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace tidemark::thresholds {
namespace {

/// Follows one alert through the steps. `on_step(now_ms, reading, change)` comes after each, with the alert as it is
/// then.
template <typename F>
void Replay(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history, Alert& alert,
            F&& on_step) {
  for (size_t step = 0; step < history.values.size(); ++step) {
    const Evaluation evaluation = history.At(step);
    const int64_t now_ms = steps.time_ms(step);
    on_step(now_ms, evaluation.reading, StepAlert(threshold, now_ms, evaluation, alert));
  }
}

/// Counts what an alert does.
class Counter {
 public:
  void Step(int64_t now_ms, std::optional<AlertChange> change, const Alert& alert) {
    if (!change) return;
    switch (*change) {
      case AlertChange::kPending:
        return;
      case AlertChange::kFiring:
        ++counts_.alerts;
        if (resolved_ms_ != kNever && now_ms - resolved_ms_ < kResolvedKeptMs) ++counts_.flaps;
        firing_since_ms_ = level_since_ms_ = now_ms;
        break;
      case AlertChange::kEscalated:
      case AlertChange::kDeescalated:
        EndLevel(now_ms);
        break;
      case AlertChange::kResolved:
        EndFiring(now_ms);
        resolved_ms_ = now_ms;
        break;
      case AlertChange::kCancelled:
        ++counts_.cancelled;
        return;
    }
    level_ = alert.level;
  }

  BacktestCounts Finish(int64_t end_ms, const Alert& alert) {
    if (alert.state == AlertState::kFiring) EndFiring(end_ms);
    return counts_;
  }

 private:
  static constexpr int64_t kNever = storage::kMinTime;

  void EndLevel(int64_t now_ms) {
    counts_.level_ms[static_cast<size_t>(level_)] += now_ms - level_since_ms_;
    level_since_ms_ = now_ms;
  }
  void EndFiring(int64_t now_ms) {
    EndLevel(now_ms);
    counts_.firing_ms += now_ms - firing_since_ms_;
    counts_.longest_ms = std::max(counts_.longest_ms, now_ms - firing_since_ms_);
  }

  BacktestCounts counts_;
  Level level_ = Level::kInfo;
  int64_t firing_since_ms_ = 0;
  int64_t level_since_ms_ = 0;
  int64_t resolved_ms_ = kNever;
};

/// The only level of a threshold that has one, when nothing but its values moves its alerts.
std::optional<double> OnlyLimit(const Threshold& threshold) {
  if (!threshold.active_during.entries.empty() || threshold.no_data.action == NoData::Action::kAlert)
    return std::nullopt;
  std::optional<double> only;
  for (const std::optional<double>& level : threshold.levels) {
    if (level && only) return std::nullopt;
    if (level) only = level;
  }
  return only;
}

/// The first step from `from` on at which the value breaches a limit (or, unless `wanted`, does not); the number of
/// steps when there is none. With the operator known a loop is a comparison a step.
size_t NextStep(const AlertHistory& history, Operator op, double limit, size_t from, bool wanted) {
  const auto search = [&](auto breaches) {
    const std::vector<double>& compared = history.compared();
    size_t step = from;
    while (step < compared.size() && (history.HasValue(step) && breaches(compared[step])) != wanted) ++step;
    return step;
  };
  switch (op) {
    case Operator::kGreater:
      return search([limit](double value) { return value > limit; });
    case Operator::kGreaterOrEqual:
      return search([limit](double value) { return value >= limit; });
    case Operator::kLess:
      return search([limit](double value) { return value < limit; });
    case Operator::kLessOrEqual:
      return search([limit](double value) { return value <= limit; });
    default:
      return search([op, limit](double value) { return Breaches(value, op, limit); });
  }
}

/// Follows the alert of one level through the steps at which something may change: from calm to the next breach, and
/// while it fires to the end of the breach. `on_step` as for Replay.
template <typename F>
void ReplayChanges(const Threshold& threshold, double limit, const promql::Steps& steps, const AlertHistory& history,
                   Alert& alert, F&& on_step) {
  const double held_limit = ClearLimit(threshold, limit);
  const Operator op = ComparedOperator(threshold);
  for (size_t step = 0; step < history.values.size(); ++step) {
    if (alert.state == AlertState::kFiring) {
      // The last step of the breach counts: keep_firing_for runs from there.
      const size_t end = NextStep(history, op, held_limit, step, false);
      if (end > step) step = end - 1;
    } else if (alert.state != AlertState::kPending) {
      step = NextStep(history, op, limit, step, true);
      if (step == history.values.size()) return;
    }
    const Evaluation evaluation = history.At(step);
    const int64_t now_ms = steps.time_ms(step);
    on_step(now_ms, evaluation.reading, StepAlert(threshold, now_ms, evaluation, alert));
  }
}

/// Whether a is further in the direction that a threshold complains about.
bool IsFurther(Operator op, double a, double b) {
  return op == Operator::kLess || op == Operator::kLessOrEqual ? a < b : a > b;
}

}  // namespace

void BacktestCounts::Add(const BacktestCounts& other) {
  alerts += other.alerts;
  firing_ms += other.firing_ms;
  longest_ms = std::max(longest_ms, other.longest_ms);
  flaps += other.flaps;
  cancelled += other.cancelled;
  for (size_t i = 0; i < kLevelCount; ++i) level_ms[i] += other.level_ms[i];
}

Evaluation AlertHistory::At(size_t step) const {
  if (!HasValue(step)) return {std::nullopt, present[step] == Presence::kTargetDown};
  const bool has_expected = !expected.empty() && !std::isnan(expected[step].low);
  return {Reading{values[step], compared()[step],
                  has_expected ? std::optional<ExpectedRange>(expected[step]) : std::nullopt}};
}

void AlertHistory::Set(size_t step, const Reading& reading) {
  present[step] = Presence::kValue;
  values[step] = reading.value;
  if (deviations.empty()) return;
  deviations[step] = reading.compared;
  // NaN: nothing is known of what is usual.
  expected[step] = reading.expected.value_or(ExpectedRange{NAN, NAN});
}

std::vector<AlertHistory> ReadHistories(const Threshold& threshold, const promql::Engine& engine,
                                        const promql::Steps& steps, const std::optional<promql::ClientQuery>& client) {
  const std::vector<storage::SeriesSamples> series = engine.RangeSeries(*threshold.parsed, steps, client);
  std::optional<UsualValues> usual;
  if (threshold.baseline) usual.emplace(threshold).Prepare(engine, steps.start_ms, steps.end_ms);
  return MakeHistories(threshold, steps, series, DownTargets::OfSteps(engine, steps), usual ? &*usual : nullptr);
}

std::vector<AlertHistory> MakeHistories(const Threshold& threshold, const promql::Steps& steps,
                                        const std::vector<storage::SeriesSamples>& series,
                                        const std::vector<DownTargets>& down, const UsualValues* usual) {
  using Presence = AlertHistory::Presence;
  std::map<storage::Labels, AlertHistory> by_labels;
  for (const storage::SeriesSamples& one : series) {
    const storage::Labels labels = AlertLabels(threshold, one.labels);
    AlertHistory& history = by_labels[labels];
    if (history.values.empty()) {
      history.labels = labels;
      history.values.resize(steps.count());
      history.present.resize(steps.count());
      if (usual != nullptr) {
        history.deviations.resize(steps.count());
        history.expected.resize(steps.count());
      }
    }
    for (const storage::Sample& sample : one.samples) {
      const auto step = static_cast<size_t>((sample.timestamp_ms - steps.start_ms) / steps.step_ms);
      Reading reading = usual == nullptr ? PlainReading(sample.value)
                                         : usual->ReadingOf(one.labels, sample.timestamp_ms, sample.value);
      if (history.HasValue(step)) reading = Worse(threshold, *history.At(step).reading, reading);
      history.Set(step, reading);
    }
  }
  std::vector<AlertHistory> histories;
  histories.reserve(by_labels.size());
  for (auto& [labels, history] : by_labels) {
    for (size_t step = 0; step < down.size(); ++step) {
      if (!history.HasValue(step) && down[step].Contains(labels)) history.present[step] = Presence::kTargetDown;
    }
    histories.push_back(std::move(history));
  }
  return histories;
}

BacktestSeries Backtest(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history) {
  BacktestSeries series{history.labels, {}, {}};
  Counter counter;
  Alert alert;
  bool is_open = false;
  const auto close = [&](int64_t now_ms) {
    if (is_open) series.intervals.back().end_ms = now_ms;
    is_open = false;
  };
  Replay(threshold, steps, history, alert,
         [&](int64_t now_ms, const std::optional<Reading>& reading, std::optional<AlertChange> change) {
           counter.Step(now_ms, change, alert);
           const bool active = IsActive(alert);
           const bool goes_on = is_open && active && series.intervals.back().state == alert.state &&
                                series.intervals.back().level == alert.level;
           if (!goes_on) {
             close(now_ms);
             if (!active) return;
             series.intervals.push_back(
                 {alert.state, alert.level, now_ms, now_ms, reading ? reading->value : alert.value});
             is_open = true;
           }
           double& worst = series.intervals.back().worst;
           if (reading && IsFurther(threshold.op, reading->value, worst)) worst = reading->value;
         });
  const int64_t end_ms = steps.end_ms;
  if (is_open) series.intervals.back().is_open = true;
  close(end_ms);
  series.counts = counter.Finish(end_ms, alert);
  return series;
}

BacktestCounts CountAlerts(const Threshold& threshold, const promql::Steps& steps, const AlertHistory& history) {
  Counter counter;
  Alert alert;
  const auto on_step = [&](int64_t now_ms, const std::optional<Reading>& /*reading*/,
                           std::optional<AlertChange> change) { counter.Step(now_ms, change, alert); };
  if (const std::optional<double> limit = OnlyLimit(threshold)) {
    ReplayChanges(threshold, *limit, steps, history, alert, on_step);
  } else {
    Replay(threshold, steps, history, alert, on_step);
  }
  return counter.Finish(steps.end_ms, alert);
}

std::vector<double> SweepValues(const std::vector<AlertHistory>& histories, size_t count) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const AlertHistory& history : histories) {
    const std::vector<double>& compared = history.compared();
    for (size_t step = 0; step < compared.size(); ++step) {
      if (!history.HasValue(step) || !std::isfinite(compared[step])) continue;
      least = std::min(least, compared[step]);
      most = std::max(most, compared[step]);
    }
  }
  if (least > most) return {};
  // Something on both sides of what was seen, so that the curve's ends are there.
  const double margin = most > least ? (most - least) * 0.05 : std::max(std::fabs(least) * 0.1, 1.0);
  least -= margin;
  most += margin;
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(least + (most - least) * static_cast<double>(i) / static_cast<double>(count - 1));
  return values;
}

Threshold WithLimit(const Threshold& threshold, double value) {
  Threshold changed = threshold;
  const auto lowest = std::ranges::find_if(changed.levels, [](const auto& level) { return level.has_value(); });
  changed.levels = {};
  changed.levels[lowest == changed.levels.end() ? 0 : static_cast<size_t>(lowest - changed.levels.begin())] = value;
  return changed;
}

}  // namespace tidemark::thresholds
