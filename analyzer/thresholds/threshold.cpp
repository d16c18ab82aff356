#include "analyzer/thresholds/threshold.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/duration.h"
#include "common/number_format.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, kLevelCount> kLevelNames{"info", "warning", "critical"};
constexpr std::array<const char*, 6> kOperatorTexts{">", ">=", "<", "<=", "==", "!="};
constexpr std::array<const char*, 3> kNoDataNames{"ok", "keep", "alert"};

/// The value whose number is the place of a text among `texts`.
template <typename T, size_t N>
std::optional<T> Find(const std::array<const char*, N>& texts, std::string_view text) {
  const auto it = std::ranges::find(texts, text);
  return it == texts.end() ? std::nullopt : std::optional(static_cast<T>(it - texts.begin()));
}

/// A member for each level that has a value.
template <typename Values, typename F>
ordered_json ByLevel(const Values& levels, F&& value_of) {
  ordered_json object = ordered_json::object();
  for (size_t i = 0; i < kLevelCount; ++i) {
    if (levels[i]) object[kLevelNames[i]] = value_of(i);
  }
  return object;
}

ordered_json ForJson(const Threshold& threshold) {
  if (!threshold.level_for_ms) return FormatDurationMs(threshold.for_ms);
  return ByLevel(threshold.levels, [&](size_t i) { return FormatDurationMs((*threshold.level_for_ms)[i]); });
}

ordered_json NoDataJson(const NoData& no_data) {
  const char* name = NoDataName(no_data.action);
  if (no_data.after_ms == NoData::kDefaultAfterMs && !no_data.level) return name;
  ordered_json json = {{"then", name}, {"after", FormatDurationMs(no_data.after_ms)}};
  if (no_data.level) json["level"] = LevelName(*no_data.level);
  return json;
}

ordered_json BaselineJson(const Threshold& threshold) {
  const ordered_json deviations = ByLevel(threshold.levels, [&](size_t i) { return *threshold.levels[i]; });
  const bool is_warning = deviations.size() == 1 && threshold.levels[static_cast<size_t>(Level::kWarning)];
  const int64_t season_ms = threshold.baseline->season_ms;
  return {{"window", FormatDurationMs(threshold.baseline->window_ms)},
          {"season", season_ms == BaselineForm::kAutoSeason ? "auto"
                     : season_ms == 0                       ? "none"
                                                            : FormatDurationMs(season_ms)},
          {"deviations", is_warning ? deviations["warning"] : deviations}};
}

}  // namespace

const char* LevelName(Level level) { return kLevelNames[static_cast<size_t>(level)]; }
std::optional<Level> LevelFromName(std::string_view name) { return Find<Level>(kLevelNames, name); }
const char* OperatorText(Operator op) { return kOperatorTexts[static_cast<size_t>(op)]; }
std::optional<Operator> OperatorFromText(std::string_view text) { return Find<Operator>(kOperatorTexts, text); }
const char* NoDataName(NoData::Action action) { return kNoDataNames[static_cast<size_t>(action)]; }
std::optional<NoData::Action> NoDataFromName(std::string_view name) { return Find<NoData::Action>(kNoDataNames, name); }

bool Breaches(double value, Operator op, double limit) {
  switch (op) {
    case Operator::kGreater:
      return value > limit;
    case Operator::kGreaterOrEqual:
      return value >= limit;
    case Operator::kLess:
      return value < limit;
    case Operator::kLessOrEqual:
      return value <= limit;
    case Operator::kEqual:
      return value == limit;
    case Operator::kNotEqual:
      return !std::isnan(value) && value != limit;
  }
  return false;
}

Level Threshold::HighestLevel() const {
  for (size_t i = kLevelCount; i-- > 0;) {
    if (levels[i]) return static_cast<Level>(i);
  }
  return Level::kInfo;
}

ordered_json ToJson(const Threshold& threshold) {
  ordered_json json = {{"name", threshold.name}, {"expr", threshold.expr}, {"operator", OperatorText(threshold.op)}};
  if (threshold.baseline) {
    json["baseline"] = BaselineJson(threshold);
  } else {
    json["levels"] = ByLevel(threshold.levels, [&](size_t i) { return *threshold.levels[i]; });
  }
  json["for"] = ForJson(threshold);
  json["keep_firing_for"] = FormatDurationMs(threshold.keep_firing_for_ms);
  const ClearMargin& margin = threshold.clear_margin;
  json["clear_margin"] =
      margin.is_percent ? ordered_json(FormatApiFloat(margin.value) + "%") : ordered_json(margin.value);
  json["no_data"] = NoDataJson(threshold.no_data);
  if (!threshold.active_during.entries.empty()) json["active_during"] = threshold.active_during.source;
  json["labels"] = threshold.labels;
  json["annotations"] = templating::TextsOf(threshold.annotations);
  json["enabled"] = threshold.enabled;
  return json;
}

}  // namespace tidemark::thresholds
