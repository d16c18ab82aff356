#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/probes/probe_config.h"

namespace re2 {
class RE2;
}

namespace tidemark::exporter::services {

/// Which processes are meant: all that is given must hold.
struct ProcessPattern {
  std::string name;                              ///< as in /proc/PID/comm: at most 15 bytes
  std::string executable;                        ///< what /proc/PID/exe links to
  std::shared_ptr<const re2::RE2> command_line;  ///< found anywhere in the arguments, which blanks join; or null
  std::optional<uid_t> user;                     ///< the effective one
};

/// One entry of `services` in the configuration file. At most one of systemd, cgroup, pid_file and process is given, or
/// none when there are probes or a page of metrics.
struct ServiceConfig {
  std::string name;
  std::string systemd;   ///< a unit: nginx.service
  std::string cgroup;    ///< a path below the mount point: /system.slice/nginx.service
  std::string pid_file;  ///< holds the number of the main process, whose descendants belong to it
  std::optional<ProcessPattern> process;
  std::vector<probes::ProbeConfig> probes;
  std::string metrics_url;  ///< of its own metrics, for the discovery of targets

  /// Whether it says how to find processes.
  [[nodiscard]] bool HasProcesses() const {
    return !systemd.empty() || !cgroup.empty() || !pid_file.empty() || process;
  }
};

/// Reads YAML text. `file` is for messages, and for the folder of the files it names. \throw config::ConfigError naming
/// file, line and field.
std::vector<ServiceConfig> ParseServiceConfig(const std::string& file, const std::string& text);
/// Reads the file: {services: [{name: …, systemd: …}, …]}. \throw config::ConfigError
std::vector<ServiceConfig> ReadServiceConfig(const std::string& path);

}  // namespace tidemark::exporter::services
