#include "analyzer/thresholds/threshold.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "analyzer/promql/parser.h"
#include "common/duration.h"
#include "common/exposition/parser.h"
#include "common/number_format.h"
#include "common/yaml_reader.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::json;

constexpr std::array<const char*, kLevelCount> kLevelNames{"info", "warning", "critical"};
constexpr std::array<const char*, 6> kOperatorTexts{">", ">=", "<", "<=", "==", "!="};
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxExprBytes = 16 * 1024;
constexpr size_t kMaxTextBytes = 4096;
constexpr size_t kMaxEntries = 64;

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  return std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == ':'; });
}

/// Escapes a key for a JSON Pointer (RFC 6901, section 3).
std::string PointerTo(const std::string& field, const std::string& key) {
  std::string pointer = "/" + field + "/";
  for (const char c : key) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return pointer;
}

/// Collects errors while the fields of one body are read.
class Reader {
 public:
  explicit Reader(const json& body) : body_(body) {}

  ParsedThreshold Read() {
    if (!body_.is_object()) {
      Fail("", "must be a JSON object");
      return std::move(out_);
    }
    const bool short_form = body_.contains("metric") || body_.contains("value") || body_.contains("severity");
    if (const std::string* name = Text("name", true)) {
      if (!IsName(*name)) Fail("/name", "must be 1 to 128 letters, digits, \"_\", \"-\", \".\" or \":\"");
      out_.threshold.name = *name;
    }
    if (short_form) {
      ReadShortForm();
    } else {
      ReadExpr();
      ReadLevels();
    }
    ReadOperator();
    ReadDurations();
    ReadLabels(out_.threshold.labels);
    ReadAnnotations(out_.threshold.annotations);
    if (const json* enabled = Find("enabled")) {
      if (enabled->is_boolean()) {
        out_.threshold.enabled = enabled->get<bool>();
      } else {
        Fail("/enabled", "must be true or false");
      }
    }
    for (const auto& [key, value] : body_.items()) {
      if (!known_.contains(key)) Fail("/" + key, "unknown field");
    }
    CheckLevelOrder();
    return std::move(out_);
  }

 private:
  void Fail(std::string pointer, std::string detail) { out_.errors.push_back({std::move(pointer), std::move(detail)}); }

  const json* Find(const std::string& field) {
    known_.insert(field);
    const auto it = body_.find(field);
    return it == body_.end() || it->is_null() ? nullptr : &*it;
  }

  const std::string* Text(const std::string& field, bool required) {
    const json* value = Find(field);
    if (value == nullptr) {
      if (required) Fail("/" + field, "is required");
      return nullptr;
    }
    if (!value->is_string()) {
      Fail("/" + field, "must be a text");
      return nullptr;
    }
    return value->get_ptr<const std::string*>();
  }

  std::optional<double> Number(const json& value, const std::string& pointer) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      Fail(pointer, "must be a number");
      return std::nullopt;
    }
    return value.get<double>();
  }

  void ReadExpr() {
    const std::string* expr = Text("expr", true);
    if (expr == nullptr) return;
    if (expr->size() > kMaxExprBytes) {
      Fail("/expr", "is longer than " + std::to_string(kMaxExprBytes) + " bytes");
      return;
    }
    out_.threshold.expr = *expr;
    try {
      out_.threshold.parsed = promql::ParseExpr(*expr);
    } catch (const promql::ParseError& error) {
      Fail("/expr", error.what());
      return;
    }
    const promql::ValueType type = out_.threshold.parsed->type;
    if (type != promql::ValueType::kVector && type != promql::ValueType::kScalar) {
      Fail("/expr", std::string("must be an instant vector or a scalar, not a ") + promql::TypeName(type));
    }
  }

  void ReadLevels() {
    const json* levels = Find("levels");
    if (levels == nullptr || !levels->is_object() || levels->empty()) {
      Fail("/levels", "must be an object with a number for at least one of info, warning, critical");
      return;
    }
    for (const auto& [name, value] : levels->items()) {
      const std::optional<Level> level = LevelFromName(name);
      if (!level) {
        Fail(PointerTo("levels", name), "unknown level; levels are info, warning, critical");
        continue;
      }
      out_.threshold.levels[static_cast<size_t>(*level)] = Number(value, "/levels/" + name);
    }
  }

  void ReadShortForm() {
    for (const char* field : {"expr", "levels"}) {
      if (Find(field) != nullptr)
        Fail(std::string("/") + field, "does not go with metric, value and severity: use one form");
    }
    if (const std::string* metric = Text("metric", true)) {
      if (!exposition::IsValidMetricName(*metric)) {
        Fail("/metric", "must be a bare metric name; use \"expr\" and \"levels\" for an expression");
      } else {
        out_.threshold.expr = *metric;
        out_.threshold.parsed = promql::ParseExpr(*metric);
      }
    }
    std::optional<double> value;
    if (const json* field = Find("value")) {
      value = Number(*field, "/value");
    } else {
      Fail("/value", "is required");
    }
    const std::string* severity = Text("severity", true);
    if (severity == nullptr) return;
    if (const std::optional<Level> level = LevelFromName(*severity)) {
      out_.threshold.levels[static_cast<size_t>(*level)] = value;
    } else {
      Fail("/severity", "must be info, warning or critical");
    }
  }

  void ReadOperator() {
    const std::string* text = Text("operator", true);
    if (text == nullptr) return;
    const auto it = std::ranges::find(kOperatorTexts, *text);
    if (it == kOperatorTexts.end()) {
      Fail("/operator", "must be one of >, >=, <, <=, ==, !=");
    } else {
      out_.threshold.op = static_cast<Operator>(it - kOperatorTexts.begin());
      has_operator_ = true;
    }
  }

  void ReadDuration(const std::string& field, int64_t& target_ms) {
    const std::string* text = Text(field, false);
    if (text == nullptr) return;
    const std::optional<int64_t> duration_ms = ParseDurationMs(*text);
    if (duration_ms) {
      target_ms = *duration_ms;
    } else {
      Fail("/" + field, "must be a duration such as 30s, 5m or 1h30m");
    }
  }

  void ReadDurations() {
    ReadDuration("for", out_.threshold.for_ms);
    ReadDuration("keep_firing_for", out_.threshold.keep_firing_for_ms);
    if (const json* margin = Find("clear_margin")) {
      const std::optional<double> value = Number(*margin, "/clear_margin");
      if (value && *value < 0) Fail("/clear_margin", "must not be negative");
      out_.threshold.clear_margin = value.value_or(0);
    }
  }

  void ReadLabels(std::map<std::string, std::string>& labels) {
    ReadTexts("labels", [&](const std::string& name, const std::string& text) { labels[name] = text; });
  }

  void ReadAnnotations(templating::TemplateMap& annotations) {
    ReadTexts("annotations", [&](const std::string& name, const std::string& text) {
      try {
        annotations.emplace(name, templating::AlertTemplate(text, templating::AlertTemplate::Owner::kThreshold));
      } catch (const templating::TemplateError& error) {
        Fail(PointerTo("annotations", name), std::string("template: ") + error.what());
      }
    });
  }

  void ReadTexts(const std::string& field,
                 const std::function<void(const std::string& name, const std::string& text)>& take) {
    const json* value = Find(field);
    if (value == nullptr) return;
    if (!value->is_object() || value->size() > kMaxEntries) {
      Fail("/" + field, "must be an object with at most " + std::to_string(kMaxEntries) + " texts");
      return;
    }
    for (const auto& [key, text] : value->items()) {
      const std::string pointer = PointerTo(field, key);
      if (!exposition::IsValidLabelName(key)) {
        Fail(pointer, "is not a valid name: letters, digits and \"_\", not starting with a digit");
      } else if (!text.is_string() || text.get_ref<const std::string&>().size() > kMaxTextBytes) {
        Fail(pointer, "must be a text of at most " + std::to_string(kMaxTextBytes) + " bytes");
      } else {
        take(key, text.get_ref<const std::string&>());
      }
    }
  }

  void CheckLevelOrder() {
    const Threshold& threshold = out_.threshold;
    std::vector<double> given;
    for (const auto& level : threshold.levels) {
      if (level) given.push_back(*level);
    }
    if (!has_operator_ || given.size() < 2) return;
    const bool rising = threshold.op == Operator::kGreater || threshold.op == Operator::kGreaterOrEqual;
    const bool falling = threshold.op == Operator::kLess || threshold.op == Operator::kLessOrEqual;
    if (!rising && !falling) {
      Fail("/levels", "operators == and != take one level only");
    } else if (rising ? !std::ranges::is_sorted(given) : !std::ranges::is_sorted(given, std::ranges::greater{})) {
      Fail("/levels", rising ? "must not fall from info to critical with this operator"
                             : "must not rise from info to critical with this operator");
    }
  }

  const json& body_;
  ParsedThreshold out_;
  std::set<std::string> known_;
  bool has_operator_ = false;
};

/// YAML as JSON: plain scalars become numbers and booleans where they look like them, quoted ones stay texts.
json YamlToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& entry : node) object[entry.first.Scalar()] = YamlToJson(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    json array = json::array();
    for (const auto& item : node) array.push_back(YamlToJson(item));
    return array;
  }
  if (!node.IsScalar()) return nullptr;
  if (node.Tag() != "!") {
    if (node.Scalar() == "true" || node.Scalar() == "false") return node.Scalar() == "true";
    if (const std::optional<double> number = ParseFloat(node.Scalar())) return *number;
  }
  return node.Scalar();
}

}  // namespace

const char* LevelName(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

std::optional<Level> LevelFromName(std::string_view name) {
  for (size_t i = 0; i < kLevelCount; ++i) {
    if (name == kLevelNames[i]) return static_cast<Level>(i);
  }
  return std::nullopt;
}

const char* OperatorText(Operator op) { return kOperatorTexts[static_cast<size_t>(op)]; }

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

ParsedThreshold ParseThreshold(const json& body) { return Reader(body).Read(); }

nlohmann::ordered_json ToJson(const Threshold& threshold) {
  nlohmann::ordered_json levels = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kLevelCount; ++i) {
    if (threshold.levels[i]) levels[kLevelNames[i]] = *threshold.levels[i];
  }
  return {{"name", threshold.name},
          {"expr", threshold.expr},
          {"operator", OperatorText(threshold.op)},
          {"levels", levels},
          {"for", FormatDurationMs(threshold.for_ms)},
          {"keep_firing_for", FormatDurationMs(threshold.keep_firing_for_ms)},
          {"clear_margin", threshold.clear_margin},
          {"labels", threshold.labels},
          {"annotations", templating::TextsOf(threshold.annotations)},
          {"enabled", threshold.enabled}};
}

std::vector<Threshold> LoadThresholds(const std::string& path) {
  std::vector<Threshold> thresholds;
  std::set<std::string> names;
  config::YamlMap root = config::ReadYamlFile(path).Map();
  for (const config::YamlValue& item : root.Require("thresholds").List()) {
    ParsedThreshold parsed = ParseThreshold(YamlToJson(item.node()));
    if (!parsed.errors.empty()) item.Fail(parsed.errors.front().pointer + " " + parsed.errors.front().detail);
    if (!names.insert(parsed.threshold.name).second)
      item.Fail("threshold \"" + parsed.threshold.name + "\" comes twice");
    thresholds.push_back(std::move(parsed.threshold));
  }
  root.Finish();
  return thresholds;
}

}  // namespace tidemark::thresholds
