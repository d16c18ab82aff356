#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace tidemark {

/// The process_* metrics every Prometheus client library publishes about its own process (CPU seconds, resident and
/// virtual memory, descriptors, start time), read from /proc/self when collected.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace tidemark
