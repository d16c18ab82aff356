#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <optional>

#include "common/file.h"

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
  /// The fields of proc(5)'s /proc/self/stat by their numbers there, from the fourth on.
  using StatFields = std::array<double, 25>;
  [[nodiscard]] std::optional<StatFields> ReadStatFields() const;

  UniqueFd stat_file_;
  double start_time_seconds_;
};

}  // namespace tidemark
