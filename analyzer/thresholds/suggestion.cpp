#include "analyzer/thresholds/suggestion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "analyzer/analysis/normal.h"
#include "analyzer/analysis/ranks.h"
#include "analyzer/promql/parser.h"
#include "analyzer/templating/humanize.h"
#include "analyzer/thresholds/threshold_reader.h"

namespace tidemark::thresholds {
namespace {

using analysis::SeasonalBaseline;
using nlohmann::json;

/// The second level is as much further from what is usual as this share of the first one's distance.
constexpr double kCriticalShare = 1.5;
constexpr double kDaySeconds = 86'400;
/// Of the proposed one: a spike of one sample wakes nobody.
constexpr const char* kFor = "2m";
/// The one that exists is never near when what is proposed is less than this share of the way to it.
constexpr double kNeverNearShare = 0.5;

/// What a series' values were, turned so that higher is worse.
struct Seen {
  double usual_high = 0;  ///< the highest of what is usual at some time
  double limit = 0;       ///< that the series passes with the wanted rate
  double most = 0;
};

std::optional<Seen> Look(const storage::SeriesSamples& series, double sign, double pass_share) {
  std::vector<analysis::Point> points;
  std::vector<double> values;
  for (const storage::Sample& sample : series.samples) {
    if (!std::isfinite(sample.value)) continue;
    points.push_back({static_cast<double>(sample.timestamp_ms) / 1000, sign * sample.value});
    values.push_back(sign * sample.value);
  }
  const std::optional<SeasonalBaseline> baseline = SeasonalBaseline::FitWithSeason(points);
  if (!baseline) return std::nullopt;
  Seen seen;
  seen.usual_high = -INFINITY;
  for (const analysis::Point& point : points)
    seen.usual_high = std::max(seen.usual_high, baseline->CenterAt(point.time_seconds));
  const double by_spread = seen.usual_high + analysis::NormalQuantile(1 - pass_share) * baseline->spread();
  seen.limit = std::max(by_spread, analysis::QuantileOf(values, 1 - pass_share));
  seen.most = *std::ranges::max_element(values);
  return seen;
}

/// Two digits, away from what is usual.
double Round(double value, bool up) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::fabs(value))) - 1);
  const double rounded = (up ? std::ceil(value / unit) : std::floor(value / unit)) * unit;
  // The number nearest to what people would write: 0.3, not 0.30000000000000004.
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1e", rounded);
  return std::strtod(text.data(), nullptr);
}

/// No percentage is above 100, and none that is worse when low below 0.
double Bounded(double value, const std::string& unit) {
  return unit == "percent" ? std::clamp(value, 0.0, 100.0) : value;
}

std::string Text(double value, const std::string& unit) { return templating::Humanize(value) + " " + unit; }

std::optional<double> LowestLevel(const Threshold& threshold) {
  for (const std::optional<double>& level : threshold.levels) {
    if (level) return level;
  }
  return std::nullopt;
}

/// The threshold with other levels: those that it has, from the first value to the second.
Threshold WithLevels(const Threshold& threshold, double first, double second) {
  Threshold changed = threshold;
  std::vector<size_t> given;
  for (size_t i = 0; i < kLevelCount; ++i) {
    if (changed.levels[i]) given.push_back(i);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const double share = given.size() == 1 ? 0 : static_cast<double>(i) / static_cast<double>(given.size() - 1);
    changed.levels[given[i]] = first + share * (second - first);
  }
  return changed;
}

Threshold NewThreshold(const SuggestionInput& input, double first, double second) {
  json levels = {{"warning", first}};
  if (second != first) levels["critical"] = second;
  const std::string summary = input.title + " of {{ $labels.instance }} is {{ humanize $value }} " + input.unit;
  ParsedThreshold parsed = ParseThreshold({{"name", input.name},
                                           {"expr", input.expr},
                                           {"operator", input.lower_is_worse ? "<" : ">"},
                                           {"levels", levels},
                                           {"for", kFor},
                                           {"annotations", {{"summary", summary}}}});
  return std::move(parsed.threshold);
}

}  // namespace

const char* KindName(Suggestion::Kind kind) {
  constexpr std::array<const char*, 3> kNames{"missing", "noisy", "never_near"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<Suggestion> Suggest(const SuggestionInput& input, const promql::Engine& engine,
                                  const promql::Steps& steps, const std::vector<DownTargets>& down,
                                  double false_alarms_per_day) {
  const double evaluations_a_day = kDaySeconds * 1000 / static_cast<double>(steps.step_ms);
  const double pass_share = std::min(0.5, false_alarms_per_day / evaluations_a_day);
  const double sign = input.lower_is_worse ? -1 : 1;
  const std::vector<storage::SeriesSamples> read = engine.RangeSeries(*promql::ParseExpr(input.expr), steps);
  Seen all{-INFINITY, -INFINITY, -INFINITY};
  size_t count = 0;
  for (const storage::SeriesSamples& series : read) {
    const std::optional<Seen> seen = Look(series, sign, pass_share);
    if (!seen) continue;
    ++count;
    all = {std::max(all.usual_high, seen->usual_high), std::max(all.limit, seen->limit),
           std::max(all.most, seen->most)};
  }
  if (count == 0) return std::nullopt;
  const bool up = !input.lower_is_worse;
  const double first = Bounded(Round(sign * all.limit, up), input.unit);
  const double distance = all.limit - all.usual_high;
  const double second = Bounded(Round(sign * (all.limit + (kCriticalShare - 1) * distance), up), input.unit);
  const std::string seen = "in the window it was usually up to " + Text(sign * all.usual_high, input.unit) +
                           " and at most " + Text(sign * all.most, input.unit) + "; " + Text(first, input.unit) +
                           " is passed about " + templating::Humanize(false_alarms_per_day) + " times a day by chance";

  Suggestion suggestion;
  const Threshold* existing = input.existing;
  if (existing == nullptr) {
    suggestion.kind = Suggestion::Kind::kMissing;
    suggestion.threshold = NewThreshold(input, first, second);
    suggestion.reason = "no threshold looks at " + input.title + "; " + seen;
  } else {
    // It looks at the same series.
    const std::vector<AlertHistory> histories = MakeHistories(*existing, steps, read, down);
    BacktestCounts now;
    for (const AlertHistory& history : histories) now.Add(CountAlerts(*existing, steps, history));
    const double alerts_a_day =
        static_cast<double>(now.alerts) * kDaySeconds * 1000 / static_cast<double>(steps.end_ms - steps.start_ms);
    const double limit = sign * LowestLevel(*existing).value_or(0);
    const auto label_sets = static_cast<double>(std::max<size_t>(1, histories.size()));
    const bool is_noisy = alerts_a_day / label_sets > kNoisyAlertsPerDay && all.limit > limit;
    const bool is_never_near = now.alerts == 0 && now.cancelled == 0 && limit > all.usual_high &&
                               (sign * first - all.usual_high) < kNeverNearShare * (limit - all.usual_high);
    if (!is_noisy && !is_never_near) return std::nullopt;
    suggestion.kind = is_noisy ? Suggestion::Kind::kNoisy : Suggestion::Kind::kNeverNear;
    suggestion.threshold = WithLevels(*existing, first, second);
    suggestion.reason = (is_noisy ? "threshold " + existing->name + " would have alerted " +
                                        templating::Humanize(alerts_a_day) + " times a day"
                                  : "threshold " + existing->name + " alerts at " + Text(sign * limit, input.unit) +
                                        ", which is far from anything that was seen") +
                        "; " + seen;
  }
  suggestion.backtest =
      MakeBacktestReport(suggestion.threshold, steps, MakeHistories(suggestion.threshold, steps, read, down));
  return suggestion;
}

}  // namespace tidemark::thresholds
