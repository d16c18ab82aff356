#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "analyzer/analyzer.h"
#include "analyzer/backtest_command.h"
#include "analyzer/thresholds_command.h"
#include "analyzer/transfer/export.h"

namespace tidemark {

/// What the command line asks for.
struct CommandLine {
  enum class Command {
    kServe,
    kCheckConfig,
    kCheckRules,
    kTestRules,
    kImport,
    kExport,
    kBacktest,
    kThresholds,
    kExit
  } command = Command::kExit;
  int exit_code = 0;  ///< with kExit: help, version or an error message has been printed
  std::vector<std::string> listen_addresses = {"127.0.0.1:9760"};
  std::string web_config_file;
  std::string cors_origin = ".*";
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  AnalyzerOptions analyzer;
  std::vector<std::string> files;  ///< of the check and test commands and of import
  bool lint_duplicates = true;     ///< of check rules: tell of rules that occur twice
  bool lint_fatal = false;         ///< and end with an exit code of 3 then
  transfer::ExportRequest transfer;
  BacktestCommand backtest;
  ThresholdsCommand thresholds;
  std::map<std::string, std::string> flags;  ///< of serve, with their values, for /api/v1/status/flags
  std::string output_file;                   ///< of export; empty: standard output
};

CommandLine ParseCommandLine(int argc, char** argv);

}  // namespace tidemark
