#pragma once

#include <map>
#include <string>
#include <vector>

#include "exporter/collector.h"

namespace tidemark::exporter {

/// The command line, parsed and checked.
struct Options {
  std::vector<std::string> listen_addresses = {":9100"};
  bool use_activated_sockets = false;  ///< those of the service manager instead
  std::string web_config_file;
  std::string telemetry_path = "/metrics";
  bool disable_exporter_metrics = false;
  Paths paths;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  std::vector<std::string> enabled_collectors;
  std::map<std::string, std::string, std::less<>> flag_values;
  unsigned max_requests = 40;  ///< 0: no bound
  std::vector<std::string> warnings;
};

/// Outcome of parsing: options, or an exit code after help, version or an error message has been printed.
struct ParsedOptions {
  bool run = false;
  int exit_code = 0;
  Options options;
};

/// Parses node_exporter's flags (GNU style, `--flag=value` or `--flag value`, `--no-` before a switch).
ParsedOptions ParseOptions(int argc, char** argv);

}  // namespace tidemark::exporter
