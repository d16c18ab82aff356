#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "analyzer/promql/value.h"

namespace tidemark::promql {

/// The windows that a range moves through, one a step: step i's is [end_ms(i) - range_ms, end_ms(i)].
struct StepWindows {
  int64_t first_end_ms = 0;
  int64_t advance_ms = 0;  ///< 0: all alike, as @ makes them
  size_t count = 0;
  int64_t range_ms = 0;

  [[nodiscard]] int64_t begin_ms() const { return first_end_ms - range_ms; }
  [[nodiscard]] int64_t end_ms(size_t step) const { return first_end_ms + static_cast<int64_t>(step) * advance_ms; }
};

/// A place among samples that only goes forward. Where it last went ahead by so many it mostly does again.
class SampleCursor {
 public:
  explicit SampleCursor(std::span<const Sample> samples) : samples_(samples) {}

  /// Moves to the first sample at or after a time, or to the end. Times rise from call to call.
  void MoveTo(int64_t limit_ms) {
    const size_t guess = at_ + jump_;
    const bool is_there = guess <= samples_.size() &&
                          (guess == samples_.size() || samples_[guess].timestamp_ms >= limit_ms) &&
                          (guess == 0 || samples_[guess - 1].timestamp_ms < limit_ms);
    if (is_there) {
      at_ = guess;
      return;
    }
    const size_t before = at_;
    while (at_ < samples_.size() && samples_[at_].timestamp_ms < limit_ms) ++at_;
    jump_ = at_ - before;
  }

  [[nodiscard]] size_t at() const { return at_; }

 private:
  std::span<const Sample> samples_;
  size_t at_ = 0;
  size_t jump_ = 0;
};

/// The samples [first, after) of one window after the other.
class MovingWindow {
 public:
  MovingWindow(std::span<const Sample> samples, const StepWindows& windows)
      : windows_(windows), first_(samples), after_(samples) {}

  /// Steps rise from call to call.
  void MoveTo(size_t step) {
    end_ms_ = windows_.end_ms(step);
    first_.MoveTo(begin_ms());
    after_.MoveTo(end_ms_ + 1);
  }

  [[nodiscard]] int64_t begin_ms() const { return end_ms_ - windows_.range_ms; }
  [[nodiscard]] int64_t end_ms() const { return end_ms_; }
  [[nodiscard]] size_t first() const { return first_.at(); }
  [[nodiscard]] size_t after() const { return after_.at(); }
  [[nodiscard]] size_t size() const { return after() - first(); }

 private:
  const StepWindows windows_;
  int64_t end_ms_ = 0;
  SampleCursor first_;
  SampleCursor after_;
};

}  // namespace tidemark::promql
