#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analyzer/promql/engine.h"

namespace tidemark {

/// What `tidemark-analyzer backtest` is asked for.
struct BacktestCommand {
  std::string thresholds_file;  ///< in the form of rules/thresholds.yml
  std::string storage_path;     ///< of a store that no analyzer runs on
  std::string samples_file;     ///< of `export`, in place of the store; empty: none
  std::optional<int64_t> from_ms;
  std::optional<int64_t> to_ms;  ///< default: the newest sample's time
  int64_t interval_ms = 30'000;  ///< between evaluations
  bool as_json = false;
  std::optional<uint64_t> max_alerts;  ///< more of one threshold are a failure
};

/// Prints what each threshold of a file would have done over stored samples. Returns the exit code: 0, or 3 when one of
/// them alerts more often than it may. \throw std::runtime_error
int RunBacktestCommand(const BacktestCommand& command, const promql::EngineOptions& engine_options);

}  // namespace tidemark
