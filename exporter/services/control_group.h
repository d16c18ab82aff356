#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::exporter::services {

/// What a control group has counted, also for processes that have ended. Empty is what this kernel does not count.
struct GroupUsage {
  std::optional<double> user_seconds;
  std::optional<double> system_seconds;
  std::optional<double> read_bytes;
  std::optional<double> written_bytes;
  std::optional<double> memory_bytes;  ///< with the page cache
  std::optional<double> peak_memory_bytes;

  struct Pressure {
    const char* resource;
    double waiting_seconds = 0;  ///< some of the processes waited
    double stalled_seconds = 0;  ///< all of them
  };
  std::vector<Pressure> pressures;  ///< version 2 only
};

/// The control group hierarchies below /sys/fs/cgroup: version 2 (the kernel's
/// Documentation/admin-guide/cgroup-v2.rst), version 1 (admin-guide/cgroup-v1), or both beside each other, as systemd
/// mounts them.
class ControlGroups {
 public:
  explicit ControlGroups(std::string root) : root_(std::move(root)) {}

  /// Another text when a group of this path was made anew; empty when no hierarchy has it. Paths are those below a
  /// hierarchy's mount point: /system.slice/nginx.service.
  [[nodiscard]] std::string Identity(const std::string& group) const;
  /// The processes in the group and below it.
  [[nodiscard]] std::vector<pid_t> Processes(const std::string& group) const;
  [[nodiscard]] GroupUsage Usage(const std::string& group) const;
  /// The path of the group that systemd made for a unit; empty when the unit does not run.
  [[nodiscard]] std::string GroupOfUnit(const std::string& unit) const;

 private:
  [[nodiscard]] std::vector<std::string> Hierarchies() const;
  [[nodiscard]] std::string Unified() const;

  const std::string root_;
};

}  // namespace tidemark::exporter::services
