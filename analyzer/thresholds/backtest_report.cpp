#include "analyzer/thresholds/backtest_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyzer/storage/labels_json.h"
#include "common/duration.h"
#include "common/json_values.h"
#include "common/timestamp.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::ordered_json;
using storage::LabelsJson;

constexpr size_t kSweepValues = 25;
/// What one answer holds of each: the counts are of all.
constexpr size_t kShownSeries = 100;
constexpr size_t kShownIntervals = 500;
constexpr size_t kExamples = 10;

ordered_json CountsJson(const BacktestCounts& counts) {
  ordered_json levels = ordered_json::object();
  for (size_t i = 0; i < kLevelCount; ++i) levels[LevelName(static_cast<Level>(i))] = ToSeconds(counts.level_ms[i]);
  return {{"alerts", counts.alerts},
          {"firing_seconds", ToSeconds(counts.firing_ms)},
          {"longest_seconds", ToSeconds(counts.longest_ms)},
          {"flaps", counts.flaps},
          {"cancelled", counts.cancelled},
          {"level_seconds", levels}};
}

ordered_json IntervalJson(const BacktestInterval& interval) {
  return {{"state", StateName(interval.state)},
          {"level", LevelName(interval.level)},
          {"start", FormatRfc3339(interval.begin_ms)},
          {"end", FormatRfc3339(interval.end_ms)},
          {"seconds", ToSeconds(interval.end_ms - interval.begin_ms)},
          {"worst", NumberOrNull(interval.worst)},
          {"open", interval.is_open}};
}

/// The first alerts that would have fired, of all label sets.
ordered_json ExamplesJson(const std::vector<BacktestSeries>& series) {
  std::vector<std::pair<const BacktestInterval*, const storage::Labels*>> firing;
  for (const BacktestSeries& one : series) {
    for (const BacktestInterval& interval : one.intervals) {
      if (interval.state == AlertState::kFiring) firing.emplace_back(&interval, &one.labels);
    }
  }
  std::ranges::stable_sort(firing, {}, [](const auto& example) { return example.first->begin_ms; });
  ordered_json examples = ordered_json::array();
  for (size_t i = 0; i < std::min(firing.size(), kExamples); ++i) {
    ordered_json example = IntervalJson(*firing[i].first);
    example["labels"] = LabelsJson(*firing[i].second);
    examples.push_back(std::move(example));
  }
  return examples;
}

/// Those that alerted longest, with their intervals.
ordered_json SeriesJson(const std::vector<BacktestSeries>& series) {
  ordered_json list = ordered_json::array();
  for (const BacktestSeries& one : series) {
    if (list.size() == kShownSeries || one.intervals.empty()) continue;
    ordered_json item = {{"labels", LabelsJson(one.labels)}};
    item.update(CountsJson(one.counts));
    ordered_json intervals = ordered_json::array();
    for (size_t i = 0; i < std::min(one.intervals.size(), kShownIntervals); ++i)
      intervals.push_back(IntervalJson(one.intervals[i]));
    item["intervals"] = std::move(intervals);
    list.push_back(std::move(item));
  }
  return list;
}

ordered_json SweepJson(const BacktestReport& report) {
  ordered_json sweep = ordered_json::array();
  for (const auto& [value, counts] : report.sweep) {
    sweep.push_back({{"value", value},
                     {"alerts", counts.alerts},
                     {"alerts_per_day", static_cast<double>(counts.alerts) / report.days()},
                     {"firing_seconds", ToSeconds(counts.firing_ms)},
                     {"longest_seconds", ToSeconds(counts.longest_ms)},
                     {"flaps", counts.flaps}});
  }
  return sweep;
}

}  // namespace

double BacktestReport::days() const { return ToSeconds(steps.end_ms - steps.start_ms) / 86400; }

BacktestReport MakeBacktestReport(const Threshold& threshold, const promql::Steps& steps,
                                  const std::vector<AlertHistory>& histories) {
  BacktestReport report;
  report.threshold = threshold;
  report.steps = steps;
  report.label_sets = histories.size();
  for (const AlertHistory& history : histories) {
    report.series.push_back(Backtest(threshold, steps, history));
    report.total.Add(report.series.back().counts);
    report.alerting_label_sets += report.series.back().counts.alerts > 0 ? 1 : 0;
  }
  std::ranges::stable_sort(report.series, std::ranges::greater(),
                           [](const BacktestSeries& one) { return one.counts.firing_ms; });
  for (const double value : SweepValues(histories, kSweepValues)) {
    const Threshold changed = WithLimit(threshold, value);
    BacktestReport::SweepPoint point{value, {}};
    for (const AlertHistory& history : histories) point.counts.Add(CountAlerts(changed, steps, history));
    report.sweep.push_back(point);
  }
  return report;
}

BacktestReport RunBacktest(const Threshold& threshold, const promql::Engine& engine, const promql::Steps& steps,
                           const std::optional<promql::ClientQuery>& client) {
  return MakeBacktestReport(threshold, steps, ReadHistories(threshold, engine, steps, client));
}

ordered_json ToJson(const BacktestReport& report) {
  ordered_json json = {
      {"threshold", ToJson(report.threshold)},     {"start", FormatRfc3339(report.steps.start_ms)},
      {"end", FormatRfc3339(report.steps.end_ms)}, {"step_seconds", ToSeconds(report.steps.step_ms)},
      {"label_sets", report.label_sets},           {"alerting_label_sets", report.alerting_label_sets}};
  json.update(CountsJson(report.total));
  json["examples"] = ExamplesJson(report.series);
  json["sweep"] = SweepJson(report);
  json["series"] = SeriesJson(report.series);
  return json;
}

}  // namespace tidemark::thresholds
