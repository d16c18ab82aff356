#pragma once

#include <cstdint>
#include <optional>

#include "common/exposition/writer.h"
#include "common/file.h"

namespace tidemark {

/// The process_* metrics every Prometheus client library publishes about its own process (CPU seconds, resident and
/// virtual memory, descriptors, start time), as they are when they are written.
class ProcessMetrics {
 public:
  ProcessMetrics();
  void Write(exposition::Writer& writer) const;
  /// Since the epoch.
  [[nodiscard]] double start_time_seconds() const { return start_time_seconds_; }

 private:
  struct Memory {
    uint64_t virtual_bytes = 0;
    uint64_t resident_bytes = 0;
  };
  [[nodiscard]] std::optional<Memory> ReadMemory() const;
  [[nodiscard]] double OpenFds() const;

  UniqueFd memory_file_;  // /proc/self/statm
  UniqueFd fd_directory_;
  double start_time_seconds_;
};

}  // namespace tidemark
