#include "analyzer/thresholds/threshold_reader.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "analyzer/promql/parser.h"
#include "common/exposition/parser.h"
#include "common/json_fields.h"
#include "common/number_format.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::json;

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxExprBytes = 16 * 1024;
constexpr int64_t kMinBaselineWindowMs = 10 * 60'000;
constexpr int64_t kMaxBaselineWindowMs = 366LL * 24 * 3'600'000;
constexpr double kMaxDeviations = 1000;

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  return std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == ':'; });
}

/// Reads one body; what is wrong is gathered.
class Reader {
 public:
  Reader(const json& body, const std::string& pointer)
      : is_object_(body.is_object()), pointer_(pointer), fields_(body, pointer, out_.errors) {}

  ParsedThreshold Read() {
    if (!is_object_) return std::move(out_);
    Threshold& threshold = out_.threshold;
    if (const std::string* name = fields_.RequireText("name")) {
      if (!IsName(*name)) fields_.Fail("name", "must be 1 to 128 letters, digits, \"_\", \"-\", \".\" or \":\"");
      threshold.name = *name;
    }
    if (fields_.Has("metric") || fields_.Has("value") || fields_.Has("severity")) {
      ReadShortForm();
    } else {
      ReadExpr();
      fields_.Has("baseline") ? ReadBaseline() : ReadLevels();
    }
    ReadOperator();
    ReadFor();
    threshold.keep_firing_for_ms = fields_.DurationMs("keep_firing_for").value_or(0);
    ReadClearMargin();
    ReadNoData();
    if (const json* intervals = fields_.Find("active_during"); intervals != nullptr && *intervals != json::array())
      threshold.active_during = ParseTimeIntervals(*intervals, pointer_ + "/active_during", out_.errors);
    threshold.labels = fields_.Texts("labels");
    if (threshold.labels.contains(std::string(storage::kMetricName)))
      out_.errors.push_back({At("labels", std::string(storage::kMetricName)), "alerts have no metric name"});
    ReadAnnotations();
    threshold.enabled = fields_.Bool("enabled").value_or(true);
    fields_.Finish();
    CheckLevels();
    return std::move(out_);
  }

 private:
  std::string At(const std::string& field, const std::string& key) const {
    return pointer_ + "/" + field + "/" + EscapePointer(key);
  }

  void ReadExpr() {
    const std::string* expr = fields_.RequireText("expr", kMaxExprBytes);
    if (expr == nullptr) return;
    out_.threshold.expr = *expr;
    try {
      out_.threshold.parsed = promql::ParseExpr(*expr);
    } catch (const promql::ParseError& error) {
      fields_.Fail("expr", error.what());
      return;
    }
    const promql::ValueType type = out_.threshold.parsed->type;
    if (!promql::IsScalarOrVector(type))
      fields_.Fail("expr", std::string("must be an instant vector or a scalar, not a ") + promql::TypeName(type));
  }

  /// Calls `read(level, value, pointer)` for each member of an object whose names are levels.
  void EachLevel(const json& object, const std::string& pointer,
                 const std::function<void(size_t, const json&, const std::string&)>& read) {
    for (const auto& [name, value] : object.items()) {
      const std::string at = pointer + "/" + EscapePointer(name);
      const std::optional<Level> level = LevelFromName(name);
      if (level) {
        read(static_cast<size_t>(*level), value, at);
      } else {
        out_.errors.push_back({at, "unknown level; levels are info, warning, critical"});
      }
    }
  }

  void ReadLevels() {
    const json* levels = fields_.Find("levels");
    if (levels == nullptr || !levels->is_object() || levels->empty()) {
      fields_.Fail("levels", "must be an object with a number for at least one of info, warning, critical");
      return;
    }
    EachLevel(*levels, pointer_ + "/levels", [this](size_t level, const json& value, const std::string& at) {
      out_.threshold.levels[level] = ReadNumber(value, at, out_.errors);
    });
  }

  void ReadShortForm() {
    for (const char* field : {"expr", "levels", "baseline"}) {
      if (fields_.Find(field) != nullptr)
        fields_.Fail(field, "does not go with metric, value and severity: use one form");
    }
    if (const std::string* metric = fields_.RequireText("metric")) {
      if (!exposition::IsValidMetricName(*metric)) {
        fields_.Fail("metric", "must be a bare metric name; use \"expr\" and \"levels\" for an expression");
      } else {
        out_.threshold.expr = *metric;
        out_.threshold.parsed = promql::ParseExpr(*metric);
      }
    }
    const std::optional<double> value = fields_.Number("value");
    if (!fields_.Has("value")) fields_.Fail("value", "is required");
    const std::string* severity = fields_.RequireText("severity");
    if (severity == nullptr) return;
    if (const std::optional<Level> level = LevelFromName(*severity)) {
      out_.threshold.levels[static_cast<size_t>(*level)] = value;
    } else {
      fields_.Fail("severity", "must be info, warning or critical");
    }
  }

  void ReadBaseline() {
    if (fields_.Find("levels") != nullptr) fields_.Fail("levels", "does not go with baseline: use one of them");
    const json* body = fields_.Find("baseline");
    if (body == nullptr) return fields_.Fail("baseline", "must be an object");
    BaselineForm& form = out_.threshold.baseline.emplace();
    const std::string at = pointer_ + "/baseline";
    JsonFields fields(*body, at, out_.errors);
    if (const std::optional<int64_t> window_ms = fields.DurationMs("window")) {
      if (*window_ms < kMinBaselineWindowMs || *window_ms > kMaxBaselineWindowMs)
        fields.Fail("window", "must be from 10m to 366d");
      form.window_ms = *window_ms;
    }
    const json* season = fields.Find("season");
    if (season != nullptr && *season == "none") {
      form.season_ms = 0;
    } else if (season != nullptr && *season != "auto") {
      form.season_ms = ReadDurationMs(*season, at + "/season", out_.errors).value_or(0);
      if (form.season_ms < 0 || (form.season_ms > 0 && form.season_ms * 2 > form.window_ms))
        fields.Fail("season", "must be auto, none, or a duration of at most half the window");
    }
    const json* deviations = fields.Find("deviations");
    const auto read = [this](size_t level, const json& value, const std::string& pointer) {
      const std::optional<double> number = ReadNumber(value, pointer, out_.errors);
      if (number && (*number <= 0 || *number > kMaxDeviations))
        out_.errors.push_back({pointer, "must be more than 0 and at most 1000"});
      out_.threshold.levels[level] = number;
    };
    if (deviations == nullptr) {
      fields.Fail("deviations", "must be a number, or an object with one for each level");
    } else if (deviations->is_object() && !deviations->empty()) {
      EachLevel(*deviations, at + "/deviations", read);
    } else {
      read(static_cast<size_t>(Level::kWarning), *deviations, at + "/deviations");
    }
    fields.Finish();
  }

  void ReadOperator() {
    const std::string* text = fields_.RequireText("operator");
    if (text == nullptr) return;
    const std::optional<Operator> op = OperatorFromText(*text);
    if (!op) return fields_.Fail("operator", "must be one of >, >=, <, <=, ==, !=");
    out_.threshold.op = *op;
    has_operator_ = true;
    const bool fits_baseline = op == Operator::kGreater || op == Operator::kLess || op == Operator::kNotEqual;
    if (out_.threshold.baseline && !fits_baseline)
      fields_.Fail("operator", "must be > (above what is usual), < (below it) or != (either) with a baseline");
  }

  void ReadFor() {
    const json* value = fields_.Find("for");
    if (value == nullptr) return;
    if (!value->is_object()) {
      out_.threshold.for_ms = ReadDurationMs(*value, pointer_ + "/for", out_.errors).value_or(0);
      return;
    }
    if (value->empty()) return fields_.Fail("for", "must be a duration, or an object with one for some level");
    std::array<int64_t, kLevelCount>& by_level = out_.threshold.level_for_ms.emplace();
    EachLevel(*value, pointer_ + "/for", [&](size_t level, const json& duration, const std::string& at) {
      by_level[level] = ReadDurationMs(duration, at, out_.errors).value_or(0);
      if (!out_.threshold.levels[level]) out_.errors.push_back({at, "the threshold has no such level"});
    });
  }

  void ReadClearMargin() {
    const json* value = fields_.Find("clear_margin");
    if (value == nullptr) return;
    ClearMargin& margin = out_.threshold.clear_margin;
    margin.is_percent = value->is_string() && value->get_ref<const std::string&>().ends_with('%');
    std::optional<double> number;
    if (margin.is_percent) {
      const std::string& text = value->get_ref<const std::string&>();
      number = ParseFloat(std::string_view(text).substr(0, text.size() - 1));
    } else if (value->is_number()) {
      number = value->get<double>();
    }
    if (!number || !std::isfinite(*number)) {
      fields_.Fail("clear_margin", "must be a number, or a percentage of the level such as \"5%\"");
    } else if (*number < 0) {
      fields_.Fail("clear_margin", "must not be negative");
    }
    margin.value = number.value_or(0);
  }

  void ReadNoData() {
    const json* value = fields_.Find("no_data");
    if (value == nullptr) return;
    NoData& no_data = out_.threshold.no_data;
    const auto action_of = [](const json& text) {
      return text.is_string() ? NoDataFromName(text.get_ref<const std::string&>()) : std::nullopt;
    };
    constexpr const char* kActions = "must be ok, keep or alert";
    if (!value->is_object()) {
      const std::optional<NoData::Action> action = action_of(*value);
      if (!action) return fields_.Fail("no_data", kActions);
      no_data.action = *action;
      return;
    }
    JsonFields fields(*value, pointer_ + "/no_data", out_.errors);
    const json* then = fields.Find("then");
    const std::optional<NoData::Action> action = then == nullptr ? std::nullopt : action_of(*then);
    action ? void(no_data.action = *action) : fields.Fail("then", kActions);
    no_data.after_ms = fields.DurationMs("after").value_or(NoData::kDefaultAfterMs);
    if (no_data.after_ms > NoData::kRememberedMs) fields.Fail("after", "must be at most a day");
    if (const std::string* level = fields.Text("level")) {
      no_data.level = LevelFromName(*level);
      if (!no_data.level) fields.Fail("level", "must be info, warning or critical");
    }
    fields.Finish();
  }

  void ReadAnnotations() {
    for (const auto& [name, text] : fields_.Texts("annotations")) {
      try {
        out_.threshold.annotations.emplace(
            name, templating::AlertTemplate(text, templating::AlertTemplate::Owner::kThreshold));
      } catch (const templating::TemplateError& error) {
        out_.errors.push_back({At("annotations", name), std::string("template: ") + error.what()});
      }
    }
  }

  void CheckLevels() {
    const Threshold& threshold = out_.threshold;
    std::vector<double> given;
    for (const auto& level : threshold.levels) {
      if (level) given.push_back(*level);
    }
    if (!has_operator_ || given.size() < 2) return;
    if (threshold.baseline) {
      if (!std::ranges::is_sorted(given))
        out_.errors.push_back({pointer_ + "/baseline/deviations", "must not fall from info to critical"});
      return;
    }
    const bool rising = threshold.op == Operator::kGreater || threshold.op == Operator::kGreaterOrEqual;
    const bool falling = threshold.op == Operator::kLess || threshold.op == Operator::kLessOrEqual;
    if (!rising && !falling) {
      fields_.Fail("levels", "operators == and != take one level only");
    } else if (rising ? !std::ranges::is_sorted(given) : !std::ranges::is_sorted(given, std::ranges::greater{})) {
      fields_.Fail("levels", rising ? "must not fall from info to critical with this operator"
                                    : "must not rise from info to critical with this operator");
    }
  }

  const bool is_object_;
  const std::string pointer_;
  ParsedThreshold out_;
  JsonFields fields_;
  bool has_operator_ = false;
};

}  // namespace

ParsedThreshold ParseThreshold(const json& body, const std::string& pointer) { return Reader(body, pointer).Read(); }

}  // namespace tidemark::thresholds
