#include "analyzer/thresholds/usual_values.h"

#include <algorithm>
#include <cmath>

#include "common/duration.h"

namespace tidemark::thresholds {
namespace {

/// Values of one series that are looked at: more make it slower and no better.
constexpr int64_t kMaxPoints = 2016;
constexpr int64_t kMinStepMs = 25'000;
constexpr int64_t kStepUnitMs = 5'000;
constexpr int64_t kStepsARefresh = 12;

int64_t StepMs(int64_t window_ms) {
  const int64_t step_ms = (window_ms + kMaxPoints - 1) / kMaxPoints;
  return std::max(kMinStepMs, (step_ms + kStepUnitMs - 1) / kStepUnitMs * kStepUnitMs);
}

double LowestLevel(const Threshold& threshold) {
  for (const std::optional<double>& level : threshold.levels) {
    if (level) return *level;
  }
  return 0;
}

}  // namespace

UsualValues::UsualValues(const Threshold& threshold)
    : form_(*threshold.baseline),
      op_(threshold.op),
      deviations_(LowestLevel(threshold)),
      expr_(threshold.parsed),
      step_ms_(StepMs(form_.window_ms)),
      refresh_ms_(step_ms_ * kStepsARefresh) {}

std::optional<analysis::SeasonalBaseline> UsualValues::Fit(std::span<const analysis::Point> points) const {
  return form_.season_ms == BaselineForm::kAutoSeason
             ? analysis::SeasonalBaseline::FitWithSeason(points)
             : analysis::SeasonalBaseline::Fit(points, ToSeconds(form_.season_ms));
}

void UsualValues::Prepare(const promql::Engine& engine, int64_t from_ms, int64_t to_ms) {
  slots_.erase(slots_.begin(), slots_.lower_bound(SlotOf(from_ms)));
  int64_t first_ms = SlotOf(from_ms);
  while (first_ms <= to_ms && slots_.contains(first_ms)) first_ms += refresh_ms_;
  if (first_ms > to_ms) return;
  const int64_t window_ms = form_.window_ms / step_ms_ * step_ms_;
  const promql::Steps steps{first_ms - window_ms, SlotOf(to_ms), step_ms_};
  const std::vector<storage::SeriesSamples> all = engine.RangeSeries(*expr_, steps);
  for (int64_t slot_ms = first_ms; slot_ms <= to_ms; slot_ms += refresh_ms_) slots_[slot_ms];
  std::vector<analysis::Point> points;
  for (const storage::SeriesSamples& series : all) {
    points.clear();
    for (const storage::Sample& sample : series.samples)
      points.push_back({ToSeconds(sample.timestamp_ms), sample.value});
    auto begin = points.cbegin();
    auto end = points.cbegin();
    for (int64_t slot_ms = first_ms; slot_ms <= to_ms; slot_ms += refresh_ms_) {
      const auto is_before = [](const analysis::Point& point, double seconds) { return point.time_seconds < seconds; };
      begin = std::lower_bound(begin, points.cend(), ToSeconds(slot_ms - window_ms), is_before);
      end = std::lower_bound(std::max(begin, end), points.cend(), ToSeconds(slot_ms), is_before);
      slots_[slot_ms][series.labels] = Fit({begin, end});
    }
  }
}

Reading UsualValues::ReadingOf(const storage::Labels& series, int64_t time_ms, double value) const {
  Reading reading{value, 0, std::nullopt};
  const auto slot = slots_.find(SlotOf(time_ms));
  if (slot == slots_.end()) return reading;
  const auto usual = slot->second.find(series);
  if (usual == slot->second.end() || !usual->second) return reading;
  const analysis::SeasonalBaseline& baseline = *usual->second;
  const double deviations = baseline.DeviationsOf(ToSeconds(time_ms), value);
  reading.compared = op_ == Operator::kGreater ? deviations
                     : op_ == Operator::kLess  ? -deviations
                                               : std::fabs(deviations);
  const double center = baseline.CenterAt(ToSeconds(time_ms));
  reading.expected = {center - deviations_ * baseline.spread(), center + deviations_ * baseline.spread()};
  return reading;
}

}  // namespace tidemark::thresholds
