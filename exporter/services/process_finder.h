#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "exporter/services/process_usage.h"
#include "exporter/services/service_config.h"

namespace tidemark::exporter::services {

/// Finds the processes of many patterns in one walk through /proc, and looks closely only at those that are new: on a
/// host of 20,000 processes the others cost a directory entry each. A process that becomes another program without
/// ending is noticed within kRounds walks.
class ProcessFinder {
 public:
  static constexpr uint32_t kRounds = 16;

  ProcessFinder(std::string procfs, std::vector<ProcessPattern> patterns);

  /// The processes of each pattern, in the order of their numbers.
  std::vector<std::vector<pid_t>> Find();

 private:
  struct Known {
    uint64_t start_ticks = 0;
    uint32_t looks = 0;
    uint32_t last_walk = 0;
    std::vector<uint32_t> patterns;  // that it matches
  };
  void Look(pid_t pid, Known& known);
  [[nodiscard]] bool Matches(const ProcessPattern& pattern, const ProcessStat& stat, const std::string& path) const;

  const std::string procfs_;
  const std::vector<ProcessPattern> patterns_;
  std::unordered_map<pid_t, Known> known_;
  uint32_t walk_ = 0;
};

}  // namespace tidemark::exporter::services
