#pragma once

#include <cstddef>
#include <span>

#include "analyzer/promql/step_windows.h"

namespace tidemark::promql {

// Prometheus's extrapolatedRate (2.42, promql/functions.go) at all steps of a series: the increase between first and
// last sample of a window, stretched to its borders where these are no further away than 1.1 times the mean interval,
// and never past where a counter was zero. A window's samples are looked for from where those of the one before lay.
// Each returns how many samples the windows had in all.

size_t RateSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);
size_t IncreaseSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);
size_t DeltaSteps(std::span<const Sample> samples, const StepWindows& windows, StepSeries& out);

}  // namespace tidemark::promql
