#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace tidemark {

/// The process_* metrics every Prometheus client library publishes about its own process (CPU seconds, resident and
/// virtual memory, descriptors, start time), read from /proc/self when collected.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  ProcessMetrics();
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
  /// Since the epoch.
  [[nodiscard]] double start_time_seconds() const { return start_time_seconds_; }

 private:
  double start_time_seconds_;
};

}  // namespace tidemark
