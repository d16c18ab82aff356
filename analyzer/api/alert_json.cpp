#include "analyzer/api/alert_json.h"

#include "common/timestamp.h"

namespace tidemark::api {

ordered_json AlertJson(const thresholds::AlertView& view) {
  const thresholds::Alert& alert = view.alert;
  const auto time_or_null = [](int64_t time_ms) {
    return time_ms == 0 ? ordered_json() : ordered_json(FormatRfc3339(time_ms));
  };
  return {{"threshold", view.threshold},
          {"state", thresholds::StateName(alert.state)},
          {"severity", thresholds::LevelName(alert.level)},
          {"value", alert.value},
          {"labels", LabelsJson(alert.labels)},
          {"annotations", LabelsJson(view.annotations)},
          {"active_since", FormatRfc3339(alert.active_since_ms)},
          {"firing_since", time_or_null(alert.firing_since_ms)},
          {"severity_since", FormatRfc3339(alert.level_since_ms)},
          {"resolved_at", time_or_null(alert.resolved_ms)}};
}

}  // namespace tidemark::api
