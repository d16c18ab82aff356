#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/services/control_group.h"
#include "exporter/services/lasting_sum.h"
#include "exporter/services/process_finder.h"
#include "exporter/services/process_usage.h"
#include "exporter/services/service_config.h"

namespace tidemark::exporter::services {

/// A service in numbers. Counters never go back while the exporter runs. Optional ones are not counted by this kernel,
/// or may not be read.
struct ServiceUsage {
  std::string name;
  std::string state;  ///< active, activating, deactivating, failed or inactive, as systemd names them
  double processes = 0;
  double threads = 0;
  double user_seconds = 0;
  double system_seconds = 0;
  double minor_faults = 0;
  double major_faults = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;
  double resident_bytes = 0;
  double peak_resident_bytes = 0;  ///< each process's own peak, added up
  std::optional<double> read_bytes;
  std::optional<double> written_bytes;
  std::optional<double> open_files;
  std::optional<double> max_open_files;      ///< the smallest limit of its processes
  std::optional<double> open_files_ratio;    ///< of the process that is nearest to its limit
  std::optional<double> start_time_seconds;  ///< of its oldest process, since the epoch
  double restarts = 0;                       ///< seen by the exporter: the oldest process is another one
  std::optional<double> group_memory_bytes;
  std::optional<double> group_peak_memory_bytes;
  std::vector<GroupUsage::Pressure> pressures;
  double unreadable_processes = 0;  ///< whose descriptors or bytes need rights that the exporter lacks
};

/// Measures services whenever it is asked. One thread at a time.
class ServiceMonitor {
 public:
  /// `procfs` and `control_groups` are directories: /proc and /sys/fs/cgroup.
  ServiceMonitor(std::string procfs, const std::string& control_groups, std::vector<ServiceConfig> services);

  /// Goes on with the counters that another monitor has for services of the same names.
  void TakeOver(ServiceMonitor& old);

  /// All services that have processes to find, in the order of the configuration.
  std::vector<ServiceUsage> Measure();

 private:
  static constexpr size_t kProcessCounters = 6;
  static constexpr size_t kGroupCounters = 4;

  /// What a service has counted.
  struct Counters {
    LastingSum<ProcessId, kProcessCounters> process_sums;
    LastingSum<std::pair<ProcessId, pid_t>, 2> switch_sums;
    LastingSum<std::string, kGroupCounters> group_sums;
    bool group_counts_cpu = false;
    bool group_counts_io = false;
    std::optional<ProcessId> oldest;
    double restarts = 0;
  };
  struct Service {
    ServiceConfig config;
    size_t pattern = 0;  // of the finder, when config.process is there
    std::string group;
    std::string systemd_state;  // empty: not known
    Counters counters;
  };

  void AskSystemd();
  [[nodiscard]] std::vector<pid_t> Members(Service& service, const std::vector<std::vector<pid_t>>& found) const;
  void AddProcesses(Service& service, const std::vector<pid_t>& pids, ServiceUsage& usage) const;
  void AddGroup(Service& service, ServiceUsage& usage) const;

  const std::string procfs_;
  const ControlGroups groups_;
  std::vector<Service> services_;
  ProcessFinder finder_;
  std::optional<double> boot_time_seconds_;  // of the measurement that is being made
  bool any_pattern_ = false;
  bool any_unit_ = false;
  std::chrono::steady_clock::time_point next_bus_try_;
};

}  // namespace tidemark::exporter::services
