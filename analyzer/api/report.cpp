#include "analyzer/api/report.h"

#include <cmath>

#include "analyzer/api/alert_json.h"
#include "common/duration.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

/// The members that every finding about an indicator's series begins with.
ordered_json SeriesJson(const rules::Indicator& indicator, const storage::Labels& labels) {
  ordered_json json = {{"indicator", indicator.name},
                       {"title", indicator.title},
                       {"resource", indicator.resource},
                       {"unit", indicator.unit},
                       {"expr", indicator.expr.text}};
  for (const char* name : {"instance", "service"}) {
    if (const std::string_view value = labels.Get(name); !value.empty()) json[name] = value;
  }
  json["labels"] = LabelsJson(labels);
  return json;
}

std::string Number(const ordered_json& value) {
  if (!value.is_number()) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.4g", value.get<double>());
  return buffer;
}

std::string Text(const ordered_json& object, const char* field) {
  const auto it = object.find(field);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// `a=1 b=2`, for people.
std::string LabelText(const ordered_json& labels) {
  std::string text;
  for (const auto& [name, value] : labels.items()) {
    if (name == "job" || name == "service") continue;
    text += (text.empty() ? "" : " ") + name + "=" + value.get<std::string>();
  }
  return text;
}

/// The report as headings, sentences and tables; Markdown and HTML differ only in how these are written.
class Document {
 public:
  virtual ~Document() = default;
  virtual void Heading(int level, const std::string& text) = 0;
  virtual void Paragraph(const std::string& text) = 0;
  virtual void List(const std::vector<std::string>& items) = 0;
  virtual void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) = 0;
};

class MarkdownDocument final : public Document {
 public:
  std::string out;

  void Heading(int level, const std::string& text) override {
    out += std::string(static_cast<size_t>(level), '#') + " " + Escape(text) + "\n\n";
  }
  void Paragraph(const std::string& text) override { out += Escape(text) + "\n\n"; }
  void List(const std::vector<std::string>& items) override {
    for (const std::string& item : items) out += "- " + Escape(item) + "\n";
    out += "\n";
  }
  void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) override {
    Row(header);
    out += "|";
    for (size_t i = 0; i < header.size(); ++i) out += " --- |";
    out += "\n";
    for (const auto& row : rows) Row(row);
    out += "\n";
  }

 private:
  /// Names come from targets: none may end a table cell or become markup.
  static std::string Escape(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
      if (std::string_view("|<>`*[]\\").find(c) != std::string_view::npos) escaped += '\\';
      escaped += c == '\n' ? ' ' : c;
    }
    return escaped;
  }
  void Row(const std::vector<std::string>& cells) {
    out += "|";
    for (const std::string& cell : cells) out += " " + Escape(cell) + " |";
    out += "\n";
  }
};

class HtmlDocument final : public Document {
 public:
  std::string out;

  void Heading(int level, const std::string& text) override { Element("h" + std::to_string(level), text); }
  void Paragraph(const std::string& text) override { Element("p", text); }
  void List(const std::vector<std::string>& items) override {
    out += "<ul>\n";
    for (const std::string& item : items) Element("li", item);
    out += "</ul>\n";
  }
  void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) override {
    out += "<table>\n<tr>";
    for (const std::string& cell : header) Element("th", cell);
    out += "</tr>\n";
    for (const auto& row : rows) {
      out += "<tr>";
      for (const std::string& cell : row) Element("td", cell);
      out += "</tr>\n";
    }
    out += "</table>\n";
  }

 private:
  void Element(const std::string& name, const std::string& text) {
    out += "<" + name + ">";
    for (const char c : text) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out += c;
      }
    }
    out += "</" + name + ">\n";
  }
};

void WriteHealth(const ordered_json& health, Document& document) {
  document.Heading(2, "Health: " + Number(health["score"]) + " of 100, " + Text(health, "status"));
  std::vector<std::vector<std::string>> rows;
  for (const ordered_json& factor : health["contributions"]) {
    if (factor["points"].get<double>() == 0) continue;
    rows.push_back({Text(factor, "title"), "-" + Number(factor["points"]),
                    Number(factor["value"]) + " " + Text(factor, "unit"), LabelText(factor["labels"])});
  }
  if (rows.empty()) {
    document.Paragraph("Nothing takes points off.");
  } else {
    document.Table({"Factor", "Points", "Value", "Where"}, rows);
  }
}

void WriteFindings(const ordered_json& report, Document& document) {
  std::vector<std::vector<std::string>> rows;
  for (const ordered_json& alert : report["alerts"]) {
    rows.push_back({Text(alert, "severity"), Text(alert, "state"), Text(alert, "threshold"), Number(alert["value"]),
                    LabelText(alert["labels"]), Text(alert, "active_since")});
  }
  document.Heading(2, "Alerts");
  rows.empty() ? document.Paragraph("None.")
               : document.Table({"Severity", "State", "Threshold", "Value", "Where", "Since"}, rows);

  rows.clear();
  for (const ordered_json& regression : report["regressions"]) {
    const std::string verdict = Text(regression, "verdict");
    if (verdict != "regressed" && verdict != "improved") continue;
    rows.push_back({Text(regression, "title"), verdict,
                    Number(regression["baseline_median"]) + " to " + Number(regression["window_median"]) + " " +
                        Text(regression, "unit"),
                    LabelText(regression["labels"]), Number(regression["p_adjusted"])});
  }
  document.Heading(2, "Changes against the window before");
  rows.empty() ? document.Paragraph("None that matters.")
               : document.Table({"Indicator", "Verdict", "Median", "Where", "p"}, rows);

  rows.clear();
  for (const ordered_json& trend : report["trends"]) {
    if (Text(trend, "verdict") == "none") continue;
    rows.push_back({Text(trend, "title"), Text(trend, "verdict"),
                    Number(trend["slope_per_hour"]) + " " + Text(trend, "unit") + " an hour",
                    Number(trend["slope_low"]) + " to " + Number(trend["slope_high"]), LabelText(trend["labels"]),
                    Number(trend["p"])});
  }
  document.Heading(2, "Trends");
  rows.empty() ? document.Paragraph("None.")
               : document.Table({"Indicator", "Direction", "Slope", "95 % interval", "Where", "p"}, rows);
}

void WriteRecommendations(const ordered_json& recommendations, Document& document) {
  document.Heading(2, "Recommendations");
  if (recommendations.empty()) document.Paragraph("None.");
  for (const ordered_json& recommendation : recommendations) {
    document.Heading(3, Text(recommendation, "title"));
    document.Paragraph(Text(recommendation, "why") + " (" + LabelText(recommendation["labels"]) + ")");
    std::vector<std::string> items;
    for (const ordered_json& evidence : recommendation["evidence"]) {
      items.push_back(Text(evidence, "title") + ": " + Number(evidence["value"]) + " " + Text(evidence, "unit"));
    }
    document.List(items);
    document.Paragraph("What to do:");
    document.List(recommendation["do"].get<std::vector<std::string>>());
    document.Paragraph("To undo: " + Text(recommendation, "undo"));
  }
}

void Write(const ordered_json& report, Document& document) {
  document.Heading(1, "Performance report");
  document.Paragraph("From " + Text(report["window"], "start") + " to " + Text(report["window"], "end") + " (" +
                     Text(report["window"], "length") + ").");
  WriteHealth(report["health"], document);
  WriteFindings(report, document);
  WriteRecommendations(report["recommendations"], document);
}

}  // namespace

ordered_json WindowJson(int64_t start_ms, int64_t end_ms) {
  return {{"start", FormatRfc3339(start_ms)},
          {"end", FormatRfc3339(end_ms)},
          {"length", FormatDurationMs(end_ms - start_ms)}};
}

ordered_json HealthJson(const health::Health& health) {
  ordered_json contributions = ordered_json::array();
  for (const health::Contribution& contribution : health.contributions) {
    ordered_json json = {{"factor", contribution.factor->name},
                         {"title", contribution.factor->title},
                         {"points", contribution.points},
                         {"weight", contribution.factor->weight},
                         {"value", contribution.has_data ? ordered_json(contribution.value) : ordered_json()},
                         {"unit", contribution.factor->unit},
                         {"expr", contribution.factor->expr.text},
                         {"labels", LabelsJson(contribution.labels.Without(storage::kMetricName))},
                         {"has_data", contribution.has_data}};
    if (!contribution.error.empty()) json["error"] = contribution.error;
    contributions.push_back(std::move(json));
  }
  return {{"score", health.score},
          {"status", health::StatusName(health.status)},
          {"timestamp", FormatRfc3339(health.time_ms)},
          {"contributions", contributions}};
}

ordered_json IndicatorValueJson(const IndicatorValue& value) {
  ordered_json json = SeriesJson(value.indicator, value.labels);
  json["value"] = value.value;
  json["timestamp"] = FormatRfc3339(value.timestamp_ms);
  return json;
}

ordered_json TrendJson(const TrendFinding& finding) {
  const analysis::Trend& trend = finding.trend;
  ordered_json json = SeriesJson(finding.indicator, finding.labels);
  json.update(ordered_json{{"verdict", analysis::VerdictName(trend.verdict)},
                           {"reason", trend.reason},
                           {"p", trend.p},
                           {"tau", trend.tau},
                           {"slope_per_hour", trend.slope_per_hour},
                           {"slope_low", trend.slope_low},
                           {"slope_high", trend.slope_high},
                           {"confidence", 0.95},
                           {"points", trend.points}});
  return json;
}

ordered_json RegressionJson(const RegressionFinding& finding) {
  const analysis::Regression& regression = finding.regression;
  ordered_json json = SeriesJson(finding.indicator, finding.labels);
  json.update(ordered_json{{"verdict", analysis::VerdictName(regression.verdict)},
                           {"reason", regression.reason},
                           {"p", regression.p},
                           {"p_adjusted", finding.adjusted_p},
                           {"shift", regression.shift},
                           {"effect_size", regression.cliffs_delta},
                           {"baseline_median", regression.baseline_median},
                           {"window_median", regression.window_median},
                           {"baseline_points", regression.baseline_points},
                           {"window_points", regression.window_points}});
  return json;
}

ordered_json RecommendationJson(const advice::Recommendation& recommendation) {
  ordered_json evidence = ordered_json::array();
  for (const advice::Recommendation::Value& value : recommendation.evidence) {
    evidence.push_back({{"title", value.evidence->title},
                        {"value", value.value},
                        {"unit", value.evidence->unit},
                        {"expr", value.evidence->expr.text},
                        {"labels", LabelsJson(value.labels)}});
  }
  return {{"name", recommendation.rule->name},
          {"title", recommendation.rule->title},
          {"labels", LabelsJson(recommendation.labels)},
          {"condition", recommendation.rule->condition.text},
          {"value", recommendation.condition_value},
          {"why", recommendation.rule->why},
          {"evidence", evidence},
          {"do", recommendation.rule->actions},
          {"undo", recommendation.rule->undo}};
}

ordered_json BuildReport(const Analyzer& analyzer, int64_t start_ms, int64_t end_ms) {
  const RuleSetPtr rules = analyzer.rules();
  const auto list = [](const auto& items, auto&& to_json) {
    ordered_json array = ordered_json::array();
    for (const auto& item : items) array.push_back(to_json(item));
    return array;
  };
  std::vector<thresholds::AlertView> views = analyzer.alerts().Alerts();
  std::erase_if(views, [](const auto& view) { return view.alert.state == thresholds::AlertState::kResolved; });
  return {{"generated_at", FormatRfc3339(analyzer.clock().NowMs())},
          {"window", WindowJson(start_ms, end_ms)},
          {"health", HealthJson(health::Score(rules->health, analyzer.engine(), end_ms))},
          {"alerts", AlertsJson(analyzer, views)},
          {"trends", list(FindTrends(analyzer, start_ms, end_ms), TrendJson)},
          {"regressions", list(FindRegressions(analyzer, start_ms, end_ms), RegressionJson)},
          {"recommendations",
           list(advice::Recommend(rules->recommendations, analyzer.engine(), end_ms), RecommendationJson)}};
}

std::string ReportMarkdown(const ordered_json& report) {
  MarkdownDocument document;
  Write(report, document);
  return std::move(document.out);
}

std::string ReportHtml(const ordered_json& report) {
  HtmlDocument document;
  Write(report, document);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Performance report</title>\n"
         "<link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body>\n<main>\n" +
         document.out + "</main>\n</body>\n</html>\n";
}

}  // namespace tidemark::api
