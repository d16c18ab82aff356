#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/promql/ast.h"
#include "analyzer/templating/alert_template.h"
#include "common/time_interval.h"

namespace tidemark::thresholds {

/// Severities, rising.
enum class Level { kInfo, kWarning, kCritical };
inline constexpr size_t kLevelCount = 3;
const char* LevelName(Level level);
std::optional<Level> LevelFromName(std::string_view name);

enum class Operator { kGreater, kGreaterOrEqual, kLess, kLessOrEqual, kEqual, kNotEqual };
const char* OperatorText(Operator op);
std::optional<Operator> OperatorFromText(std::string_view text);
/// Whether `value op limit`. NaN breaches nothing.
bool Breaches(double value, Operator op, double limit);

/// How far a value must come back past a level before that level ends.
struct ClearMargin {
  double value = 0;
  bool is_percent = false;  ///< of the level
};

/// What becomes of an alert whose label set has no value any more though its target answers.
struct NoData {
  enum class Action {
    kOk,    ///< it ends as if the value were fine
    kKeep,  ///< it stays as it is
    kAlert  ///< it fires, once there has been no value for `after_ms`, until there is one, for kRememberedMs at most
  };
  static constexpr int64_t kDefaultAfterMs = 5 * 60'000;
  /// How long a label set that has gone is missed.
  static constexpr int64_t kRememberedMs = 24LL * 3'600'000;

  Action action = Action::kOk;
  int64_t after_ms = kDefaultAfterMs;
  std::optional<Level> level;  ///< at which it fires; else the threshold's highest
};
const char* NoDataName(NoData::Action action);
std::optional<NoData::Action> NoDataFromName(std::string_view name);

/// A limit that is not a number but a distance from what is usual for a series.
struct BaselineForm {
  static constexpr int64_t kAutoSeason = -1;

  int64_t window_ms = 7LL * 24 * 3'600'000;  ///< or as much of it as is stored
  int64_t season_ms = kAutoSeason;           ///< kAutoSeason: found in the data; 0: none
};

/// A condition with up to three levels on every series of an expression.
struct Threshold {
  std::string name;
  std::string expr;
  std::shared_ptr<const promql::Expr> parsed;
  Operator op = Operator::kGreater;
  /// By Level; with a baseline in robust deviations from it.
  std::array<std::optional<double>, kLevelCount> levels;
  std::optional<BaselineForm> baseline;
  int64_t for_ms = 0;  ///< from the first breach of any level
  /// By Level, in place of for_ms: from the first breach of that level.
  std::optional<std::array<int64_t, kLevelCount>> level_for_ms;
  int64_t keep_firing_for_ms = 0;
  ClearMargin clear_margin;
  NoData no_data;
  TimeIntervals active_during;  ///< none: always
  std::map<std::string, std::string> labels;
  templating::TemplateMap annotations;
  bool enabled = true;

  [[nodiscard]] bool IsActiveAt(int64_t time_ms) const {
    return active_during.entries.empty() || active_during.Contains(time_ms);
  }
  /// The highest level that it has.
  [[nodiscard]] Level HighestLevel() const;
};

/// The long form, as GET answers it and ParseThreshold (threshold_reader.h) reads it.
nlohmann::ordered_json ToJson(const Threshold& threshold);

}  // namespace tidemark::thresholds
