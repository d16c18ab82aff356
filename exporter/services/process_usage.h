#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::exporter::services {

/// A process for as long as it lives: a number is used again after it.
struct ProcessId {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  ///< after the boot
  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the 0 that the compiler writes here for a null.
  auto operator<=>(const ProcessId&) const = default;
};

/// What /proc/PID/stat says (proc(5)).
struct ProcessStat {
  ProcessId id;
  std::string name;
  std::string state;  ///< a letter
  double user_seconds = 0;
  double system_seconds = 0;
  double minor_faults = 0;
  double major_faults = 0;
  double threads = 0;
  double resident_bytes = 0;
};
/// Empty when the text is no such line.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

struct ThreadSwitches {
  pid_t thread = 0;
  double voluntary = 0;
  double involuntary = 0;
};

/// One process in numbers. Optional ones may need rights that the exporter lacks.
struct ProcessUsage {
  ProcessStat stat;
  double peak_resident_bytes = 0;
  std::vector<ThreadSwitches> switches;
  std::optional<double> read_bytes;  ///< from block devices, as written_bytes to them
  std::optional<double> written_bytes;
  std::optional<double> open_files;
  std::optional<double> max_open_files;  ///< the soft limit; infinity when there is none
};

/// Reads it all. Empty when the process has ended meanwhile.
std::optional<ProcessUsage> ReadProcessUsage(const std::string& procfs, pid_t pid);

/// The process and all that descend from it, while their parents live.
std::vector<pid_t> Descendants(const std::string& procfs, pid_t pid);

}  // namespace tidemark::exporter::services
