#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "common/exposition/writer.h"

namespace tidemark::exposition {

/// Writes what a prometheus-cpp registry collected, so that self-metrics share the page (and both formats) with
/// everything else. `created_seconds`: when its counters began, which is told where the format can.
void WriteFamilies(const std::vector<prometheus::MetricFamily>& families, double created_seconds, Writer& writer);

}  // namespace tidemark::exposition
