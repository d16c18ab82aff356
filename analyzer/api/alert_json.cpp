#include "analyzer/api/alert_json.h"

#include <algorithm>

#include "analyzer/notify/alert_message.h"
#include "common/http/url.h"
#include "common/json_values.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

/// A chart begins some time before the alert, so that it shows what led to it, and has this many points.
constexpr int64_t kLeadMs = 30 * 60'000;
constexpr int64_t kChartPoints = 240;
constexpr int64_t kMinStepMs = 1000;

ordered_json AcknowledgementJson(const notify::Acknowledgement& acknowledgement) {
  return {{"at", FormatRfc3339(acknowledgement.at_ms)},
          {"author", acknowledgement.author},
          {"comment", acknowledgement.comment}};
}

ordered_json ChartJson(const thresholds::AlertView& view, int64_t now_ms) {
  const thresholds::Alert& alert = view.alert;
  const int64_t start_ms = alert.active_since_ms - kLeadMs;
  const int64_t end_ms = alert.resolved_ms == 0 ? now_ms : std::min(now_ms, alert.resolved_ms + kLeadMs);
  const double step = static_cast<double>(std::max(kMinStepMs, (end_ms - start_ms) / kChartPoints)) / 1000;
  const std::string start = FormatRfc3339(start_ms);
  const std::string end = FormatRfc3339(end_ms);
  const std::string url = "/api/v1/query_range?query=" + http::EncodeQuery(view.expr) +
                          "&start=" + http::EncodeQuery(start) + "&end=" + http::EncodeQuery(end) +
                          "&step=" + std::to_string(step);
  return {{"start", start}, {"end", end}, {"step_seconds", step}, {"expr", view.expr}, {"url", url}};
}

ordered_json AlertJson(const Analyzer& analyzer, const notify::Inhibition& inhibition,
                       const thresholds::AlertView& view) {
  const thresholds::Alert& alert = view.alert;
  const std::string id = thresholds::AlertId(view.threshold, alert.labels);
  ordered_json json = {{"id", id},
                       {"threshold", view.threshold},
                       {"state", thresholds::StateName(alert.state)},
                       {"severity", thresholds::LevelName(alert.level)},
                       {"value", NumberOrNull(alert.value)},
                       {"no_data", alert.has_no_data},
                       {"labels", LabelsJson(alert.labels)},
                       {"annotations", LabelsJson(view.annotations)},
                       {"active_since", FormatRfc3339(alert.active_since_ms)},
                       {"firing_since", TimeOrNull(alert.firing_since_ms)},
                       {"severity_since", FormatRfc3339(alert.level_since_ms)},
                       {"resolved_at", TimeOrNull(alert.resolved_ms)},
                       {"generator_url", notify::GeneratorUrl(analyzer.external_url(), view.expr)},
                       {"chart", ChartJson(view, analyzer.clock().NowMs())}};
  if (alert.expected)
    json["expected"] = {{"low", NumberOrNull(alert.expected->low)}, {"high", NumberOrNull(alert.expected->high)}};
  const storage::Labels labels = thresholds::MessageLabels(view.threshold, alert.labels, alert.level);
  json["silenced_by"] = analyzer.silences().Silencing(labels, analyzer.clock().NowMs());
  const std::string inhibitor = inhibition.InhibitorOf(labels);
  json["inhibited_by"] = TextOrNull(inhibitor);
  const auto acknowledgement = analyzer.acknowledgements().Get(id, alert.firing_since_ms);
  json["acknowledged"] = acknowledgement ? AcknowledgementJson(*acknowledgement) : ordered_json();
  return json;
}

}  // namespace

ordered_json AlertsJson(const Analyzer& analyzer, const std::vector<thresholds::AlertView>& views) {
  const notify::Inhibition inhibition = analyzer.dispatcher().CurrentInhibition();
  ordered_json alerts = ordered_json::array();
  for (const thresholds::AlertView& view : views) alerts.push_back(AlertJson(analyzer, inhibition, view));
  return alerts;
}

ordered_json AlertHistoryJson(const thresholds::AlertHistoryEntry& entry) {
  ordered_json json = {{"id", entry.id},
                       {"at", FormatRfc3339(entry.at_ms)},
                       {"alert", entry.alert_id},
                       {"threshold", entry.threshold},
                       {"change", thresholds::ChangeName(entry.change)},
                       {"severity", thresholds::LevelName(entry.level)},
                       {"value", NumberOrNull(entry.value)},
                       {"labels", LabelsJson(entry.labels)}};
  if (!entry.explanation.empty()) json["explanation"] = entry.explanation;
  return json;
}

}  // namespace tidemark::api
