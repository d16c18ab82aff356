#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "analyzer/analyzer.h"

namespace tidemark {

/// What the command line asks for.
struct CommandLine {
  enum class Command { kServe, kCheckConfig, kCheckRules, kExit } command = Command::kExit;
  int exit_code = 0;  ///< with kExit: help, version or an error message has been printed
  std::vector<std::string> listen_addresses = {"127.0.0.1:9760"};
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  AnalyzerOptions analyzer;
  std::vector<std::string> files;  ///< of the check commands
};

CommandLine ParseCommandLine(int argc, char** argv);

}  // namespace tidemark
