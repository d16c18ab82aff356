#include "analyzer/promql/extrapolation.h"

#include <memory>

namespace tidemark::promql {
namespace {

/// The resets of a counter, found once for all windows that move over its samples.
class Resets {
 public:
  /// Without branches: a gauge that somebody asks the rate of goes down every other time.
  explicit Resets(std::span<const Sample> samples)
      : after_(std::make_unique_for_overwrite<uint32_t[]>(samples.size())),
        lost_(std::make_unique_for_overwrite<double[]>(samples.size())) {
    for (size_t i = 1; i < samples.size(); ++i) {
      after_[count_] = static_cast<uint32_t>(i);
      lost_[count_] = samples[i - 1].value;
      count_ += samples[i].value < samples[i - 1].value ? 1 : 0;
    }
  }

  /// `difference` with what was lost within the samples [first, end) added. Neither may go back from one call to the
  /// next.
  double AddLost(double difference, size_t first, size_t end) {
    while (begin_ < count_ && after_[begin_] <= first) ++begin_;
    for (size_t i = begin_; i < count_ && after_[i] < end; ++i) difference += lost_[i];
    return difference;
  }

 private:
  std::unique_ptr<uint32_t[]> after_;  // indexes of the first sample after each
  std::unique_ptr<double[]> lost_;
  size_t count_ = 0;
  size_t begin_ = 0;
};

/// How far an increase is stretched, by where samples lie in their window. At a steady interval they lie alike in one
/// window after the other, so that nothing is divided.
class Stretch {
 public:
  /// \param divisor of the factor: the range's seconds for a rate, otherwise 1
  explicit Stretch(double divisor) : divisor_(divisor) {}

  /// \param to_start_ms, to_end_ms from the first sample to the window's begin and from the last to its end
  void Place(int64_t to_start_ms, int64_t to_end_ms, int64_t sampled_ms, size_t intervals) {
    if (to_start_ms == to_start_ms_ && to_end_ms == to_end_ms_ && sampled_ms == sampled_ms_ && intervals == intervals_)
      return;
    to_start_ms_ = to_start_ms;
    to_end_ms_ = to_end_ms;
    sampled_ms_ = sampled_ms;
    intervals_ = intervals;
    sampled_ = static_cast<double>(sampled_ms) / 1000;
    to_start_ = static_cast<double>(to_start_ms) / 1000;
    mean_interval_ = sampled_ / static_cast<double>(intervals);
    factor_ = Factor(to_start_);
  }

  [[nodiscard]] double Apply(double increase) const { return increase * factor_; }
  /// The same for a counter: never past where it was zero, were it to grow as in the window.
  [[nodiscard]] double ApplyToCounter(double increase, double first_value) const {
    // What is at least its increase was zero at least the sampled time ago, and nothing is stretched that far.
    if (first_value >= increase && to_start_ <= sampled_) return increase * factor_;
    if (!(increase > 0) || !(first_value >= 0)) return increase * factor_;
    const double to_zero = sampled_ * (first_value / increase);
    return to_zero < to_start_ ? increase * Factor(to_zero) : increase * factor_;
  }

 private:
  [[nodiscard]] double Factor(double to_start) const {
    const double to_end = static_cast<double>(to_end_ms_) / 1000;
    const double threshold = mean_interval_ * 1.1;
    double stretched = sampled_;
    stretched += to_start < threshold ? to_start : mean_interval_ / 2;
    stretched += to_end < threshold ? to_end : mean_interval_ / 2;
    return stretched / sampled_ / divisor_;
  }

  const double divisor_;
  int64_t to_start_ms_ = -1;
  int64_t to_end_ms_ = -1;
  int64_t sampled_ms_ = -1;
  size_t intervals_ = 0;
  double sampled_ = 0;
  double to_start_ = 0;
  double mean_interval_ = 0;
  double factor_ = 0;
};

template <bool kIsCounter>
size_t ExtrapolatedSteps(std::span<const Sample> samples, const StepWindows& windows, double divisor, StepSeries& out) {
  Resets resets(kIsCounter ? samples : std::span<const Sample>());
  Stretch stretch(divisor);
  MovingWindow window(samples, windows);
  size_t seen = 0;
  for (size_t step = 0; step < windows.count; ++step) {
    window.MoveTo(step);
    seen += window.size();
    if (window.size() < 2) continue;
    const Sample& from = samples[window.first()];
    const Sample& to = samples[window.after() - 1];
    stretch.Place(from.timestamp_ms - window.begin_ms(), window.end_ms() - to.timestamp_ms,
                  to.timestamp_ms - from.timestamp_ms, window.size() - 1);
    if constexpr (kIsCounter) {
      out.Set(step, stretch.ApplyToCounter(resets.AddLost(to.value - from.value, window.first(), window.after()),
                                           from.value));
    } else {
      out.Set(step, stretch.Apply(to.value - from.value));
    }
  }
  return seen;
}

}  // namespace

size_t RateSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out) {
  return ExtrapolatedSteps<true>(samples, windows, static_cast<double>(windows.range_ms) / 1000, out);
}

size_t IncreaseSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out) {
  return ExtrapolatedSteps<true>(samples, windows, 1, out);
}

size_t DeltaSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out) {
  return ExtrapolatedSteps<false>(samples, windows, 1, out);
}

}  // namespace tidemark::promql
