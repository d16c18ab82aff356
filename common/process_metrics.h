#pragma once

#include <array>
#include <optional>

#include "common/exposition/writer.h"
#include "common/file.h"

namespace tidemark {

/// The process_* metrics every Prometheus client library publishes about its own process (CPU seconds, resident and
/// virtual memory, descriptors, start time), read from /proc/self when they are written.
class ProcessMetrics {
 public:
  ProcessMetrics();
  void Write(exposition::Writer& writer) const;
  /// Since the epoch.
  [[nodiscard]] double start_time_seconds() const { return start_time_seconds_; }

 private:
  /// The fields of proc(5)'s /proc/self/stat by their numbers there, from the fourth on.
  using StatFields = std::array<double, 25>;
  [[nodiscard]] std::optional<StatFields> ReadStatFields() const;

  [[nodiscard]] double OpenFds() const;

  UniqueFd stat_file_;
  UniqueFd fd_directory_;
  double start_time_seconds_;
};

}  // namespace tidemark
