#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/thresholds/backtest_report.h"

namespace tidemark::thresholds {

/// What a suggestion is made of.
struct SuggestionInput {
  std::string name;   ///< of the threshold that is proposed
  std::string title;  ///< of what is measured
  std::string unit;
  std::string expr;
  bool lower_is_worse = false;
  const Threshold* existing = nullptr;  ///< one that looks at the same; null: none does
};

/// A threshold that is proposed, and why.
struct Suggestion {
  enum class Kind {
    kMissing,   ///< no threshold looks at it
    kNoisy,     ///< the one that does alerts too often
    kNeverNear  ///< the one that does is far from anything that was seen
  } kind = Kind::kMissing;
  Threshold threshold;
  std::string reason;
  BacktestReport backtest;  ///< of the proposed one
};
const char* KindName(Suggestion::Kind kind);

/// How often a day a threshold may alert on a series that does nothing unusual.
inline constexpr double kDefaultFalseAlarmsPerDay = 0.1;
/// A threshold that alerts more often than this a day and label set is noisy.
inline constexpr double kNoisyAlertsPerDay = 4;

/// Proposes a threshold over what was seen in a window, or nothing: when too little was seen, or there is one that does
/// well. Each series is compared with its robust baseline (analysis::SeasonalBaseline); the value is the highest of
/// what is usual plus the deviation that normal values pass with the wanted rate, and no less than the quantile of what
/// was seen with that rate. \throw as promql::Engine::Range
/// `down` is as for MakeHistories.
std::optional<Suggestion> Suggest(const SuggestionInput& input, const promql::Engine& engine,
                                  const promql::Steps& steps, const std::vector<DownTargets>& down,
                                  double false_alarms_per_day);

}  // namespace tidemark::thresholds
