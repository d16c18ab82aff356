#pragma once

#include <cstdint>
#include <span>

#include "analyzer/promql/value.h"

namespace tidemark::promql {

/// The windows that a range moves through, one a step: step i's is [end - range_ms, end], end = first_end_ms + i *
/// advance_ms.
struct StepWindows {
  int64_t first_end_ms = 0;
  int64_t advance_ms = 0;  ///< 0: all alike, as @ makes them
  size_t count = 0;
  int64_t range_ms = 0;
};

// Prometheus's extrapolatedRate (2.42, promql/functions.go) at all steps of a series: the increase between first and
// last sample of a window, stretched to its borders where these are no further away than 1.1 times the mean interval,
// and never past where a counter was zero. A window's samples are looked for from where those of the one before lay.
// Each returns how many samples the windows had in all.

size_t RateSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);
size_t IncreaseSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);
size_t DeltaSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);

/// Moves `first` to the first sample at or after `limit_ms`. Where it last went ahead by `jump` it mostly does again.
void MoveTo(std::span<const Sample> samples, int64_t limit_ms, size_t& first, size_t& jump);

}  // namespace tidemark::promql
