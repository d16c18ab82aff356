#include "analyzer/backtest_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analyzer/storage/store.h"
#include "analyzer/text_table.h"
#include "analyzer/thresholds/backtest_report.h"
#include "analyzer/thresholds/threshold_file.h"
#include "analyzer/transfer/import.h"
#include "common/clock.h"
#include "common/duration.h"
#include "common/file.h"
#include "common/log.h"
#include "common/number_format.h"

namespace tidemark {
namespace {

constexpr int kTooManyAlerts = 3;
constexpr int64_t kDefaultWindowMs = 24LL * 3'600'000;

/// The time of the newest sample; empty without any.
std::optional<int64_t> NewestMs(const storage::Store& store) {
  std::optional<int64_t> newest_ms;
  const auto selection = store.Open({}, storage::kMinTime, storage::kMaxTime);
  std::vector<storage::Sample> samples;
  for (size_t i = 0; i < selection->size(); ++i) {
    selection->Read(i, samples);
    if (!samples.empty()) newest_ms = std::max(newest_ms.value_or(storage::kMinTime), samples.back().timestamp_ms);
  }
  return newest_ms;
}

std::string SecondsText(int64_t milliseconds) { return FormatDurationMs(milliseconds / 1000 * 1000); }

std::vector<std::string> Row(const thresholds::BacktestReport& report) {
  const thresholds::BacktestCounts& total = report.total;
  return {report.threshold.name,        std::to_string(report.label_sets),
          std::to_string(total.alerts), FormatApiFloat(std::round(report.AlertsPerDay() * 100) / 100),
          SecondsText(total.firing_ms), SecondsText(total.longest_ms),
          std::to_string(total.flaps),  std::to_string(total.cancelled)};
}

}  // namespace

int RunBacktestCommand(const BacktestCommand& command, const promql::EngineOptions& engine_options) {
  const std::vector<thresholds::Threshold> all = thresholds::LoadThresholds(command.thresholds_file);
  const bool has_file = !command.samples_file.empty();
  if (!has_file && !std::filesystem::exists(JoinPath(command.storage_path, storage::SeriesLog::kFileName)))
    throw std::runtime_error("there is no store in " + command.storage_path +
                             " (choose one with --storage.path, or a file with --samples)");
  const Logger logger(LogLevel::kWarn, LogFormat::kLogfmt);
  const SystemClock clock;
  storage::Store store({.path = has_file ? "" : command.storage_path, .retention_ms = 0}, clock, logger);
  if (has_file) transfer::Import(command.samples_file, store);
  const std::optional<int64_t> newest_ms = command.to_ms ? command.to_ms : NewestMs(store);
  if (!newest_ms) throw std::runtime_error("there are no samples");
  promql::Steps steps{0, *newest_ms - *newest_ms % command.interval_ms, command.interval_ms};
  const int64_t from_ms = command.from_ms.value_or(*newest_ms - kDefaultWindowMs);
  steps.start_ms = steps.end_ms - (steps.end_ms - from_ms) / command.interval_ms * command.interval_ms;
  if (from_ms >= steps.end_ms) throw std::runtime_error("--from is not before --to");

  const promql::Engine engine(store, engine_options);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  TextTable table({"THRESHOLD", "LABEL SETS", "ALERTS", "A DAY", "FIRING", "LONGEST", "FLAPS", "CANCELLED"});
  int exit_code = 0;
  for (const thresholds::Threshold& threshold : all) {
    const thresholds::BacktestReport report = thresholds::RunBacktest(threshold, engine, steps, std::nullopt);
    if (command.max_alerts && report.total.alerts > *command.max_alerts) {
      std::cerr << threshold.name << " alerts " << report.total.alerts << " times, more than " << *command.max_alerts
                << '\n';
      exit_code = kTooManyAlerts;
    }
    command.as_json ? json.push_back(thresholds::ToJson(report)) : table.Add(Row(report));
  }
  if (command.as_json) {
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  } else {
    table.Print(std::cout);
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write the report");
  return exit_code;
}

}  // namespace tidemark
