#pragma once

#include <string>
#include <vector>

namespace tidemark {

/// What `tidemark-analyzer thresholds …` is asked for.
struct ThresholdsCommand {
  enum class Action { kList, kGet, kSet, kRemove, kBacktest, kSuggest } action = Action::kList;
  std::string url = "http://127.0.0.1:9760";
  std::string http_config_file;  ///< authentication and TLS, as promtool's
  enum class Output { kTable, kJson, kName } output = Output::kTable;
  std::string name;                      ///< of a threshold, or in a list a pattern
  std::vector<std::string> assignments;  ///< of set: field=value, levels.warning=85
  std::string file;                      ///< of set and backtest: YAML or JSON
  std::string window;                    ///< of backtest and suggest; empty: the analyzer's default
  bool dry_run = false;
};

/// Asks a running analyzer and prints its answer. Returns the exit code: 0, or 1 when it refuses, with why on standard
/// error. \throw std::runtime_error when it cannot be asked
int RunThresholdsCommand(const ThresholdsCommand& command);

}  // namespace tidemark
