#include "analyzer/thresholds/prometheus_form.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "analyzer/promql/format.h"
#include "analyzer/thresholds/threshold_reader.h"
#include "common/duration.h"
#include "common/number_format.h"
#include "common/yaml_json.h"

namespace tidemark::thresholds {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using promql::BinaryOp;

constexpr const char* kSeverity = "severity";

/// The expression as an operand of a comparison.
std::string Operand(const Threshold& threshold) {
  const promql::Expr& expr = *threshold.parsed;
  const std::string text = promql::Format(expr);
  if (expr.type == promql::ValueType::kScalar) return "vector(" + text + ")";
  const bool is_open = expr.parentheses == 0 && (std::holds_alternative<promql::Binary>(expr.node) ||
                                                 std::holds_alternative<promql::Unary>(expr.node));
  return is_open ? "(" + text + ")" : text;
}

std::string Comparison(const Threshold& threshold, size_t level) {
  return Operand(threshold) + " " + OperatorText(threshold.op) + " " + FormatApiFloat(*threshold.levels[level]);
}

int64_t ForMs(const Threshold& threshold, size_t level) {
  return threshold.level_for_ms ? (*threshold.level_for_ms)[level] : threshold.for_ms;
}

/// A text that Prometheus can expand: it knows no $level.
std::string RuleText(const std::string& text, const char* level) {
  return text.find("$level") == std::string::npos ? text : std::string("{{ $level := \"") + level + "\" }}" + text;
}

/// A text that Prometheus, to which labels are templates, leaves as it is.
std::string PlainText(std::string text) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kQuoted = "{{ \"{{\" }}";
  for (size_t at = text.find(kOpen); at != std::string::npos; at = text.find(kOpen, at + kQuoted.size()))
    text.replace(at, kOpen.size(), kQuoted);
  return text;
}

ordered_json RuleOf(const Threshold& threshold, size_t level) {
  const char* severity = LevelName(static_cast<Level>(level));
  std::string expr = Comparison(threshold, level);
  for (size_t higher = level + 1; higher < kLevelCount; ++higher) {
    if (threshold.levels[higher]) expr += " unless " + Comparison(threshold, higher);
  }
  ordered_json rule = {{"alert", threshold.name}, {"expr", expr}};
  if (const int64_t for_ms = ForMs(threshold, level); for_ms > 0) rule["for"] = FormatDurationMs(for_ms);
  if (threshold.keep_firing_for_ms > 0) rule["keep_firing_for"] = FormatDurationMs(threshold.keep_firing_for_ms);
  for (const auto& [name, text] : threshold.labels) rule["labels"][name] = PlainText(text);
  rule["labels"][kSeverity] = severity;
  for (const auto& [name, text] : threshold.annotations) rule["annotations"][name] = RuleText(text.text(), severity);
  return rule;
}

/// What a rule does not say of a threshold.
std::string Losses(const Threshold& threshold) {
  std::string losses;
  const auto lose = [&losses](const char* what) { losses += (losses.empty() ? "" : ", ") + std::string(what); };
  if (threshold.clear_margin.value > 0) lose("clear_margin");
  if (threshold.no_data.action != NoData::Action::kOk) lose("no_data");
  if (!threshold.active_during.entries.empty()) lose("active_during");
  return losses;
}

std::optional<double> NumberOf(const promql::Expr& expr) {
  if (const auto* number = std::get_if<promql::NumberLiteral>(&expr.node)) return number->value;
  const auto* unary = std::get_if<promql::Unary>(&expr.node);
  const std::optional<double> inner = unary == nullptr ? std::nullopt : NumberOf(*unary->inner);
  return inner && unary->negates ? std::optional(-*inner) : inner;
}

std::optional<Operator> OperatorOf(BinaryOp op) { return OperatorFromText(promql::OpText(op)); }

Operator Flipped(Operator op) {
  switch (op) {
    case Operator::kGreater:
      return Operator::kLess;
    case Operator::kGreaterOrEqual:
      return Operator::kLessOrEqual;
    case Operator::kLess:
      return Operator::kGreater;
    case Operator::kLessOrEqual:
      return Operator::kGreaterOrEqual;
    default:
      return op;
  }
}

struct Condition {
  std::string expr;
  Operator op;
  double limit;
};

/// An expression without the parentheses around it.
std::string Bare(const promql::Expr& expr) {
  const auto count = static_cast<size_t>(expr.parentheses);
  const std::string text = promql::Format(expr);
  return text.substr(count, text.size() - 2 * count);
}

/// The comparison with a number at the top of an expression.
std::optional<Condition> Split(const promql::Expr& expr) {
  const auto* binary = std::get_if<promql::Binary>(&expr.node);
  if (binary == nullptr || binary->return_bool) return std::nullopt;
  if (promql::IsComparison(binary->op)) {
    const std::optional<Operator> op = OperatorOf(binary->op);
    if (const auto limit = NumberOf(*binary->right)) return Condition{promql::Format(*binary->left), *op, *limit};
    if (const auto limit = NumberOf(*binary->left))
      return Condition{promql::Format(*binary->right), Flipped(*op), *limit};
    return std::nullopt;
  }
  if (binary->op != BinaryOp::kAnd && binary->op != BinaryOp::kUnless) return std::nullopt;
  std::optional<Condition> left = Split(*binary->left);
  if (!left) return std::nullopt;
  // What ThresholdsToPrometheus adds to lower levels.
  const std::optional<Condition> right = Split(*binary->right);
  if (binary->op == BinaryOp::kUnless && right && right->expr == left->expr && right->op == left->op) return left;
  // Both keep values of the left side: `(a > 5) and b` is `(a and b) > 5`.
  left->expr = "(" + left->expr + ")" + Bare(expr).substr(promql::Format(*binary->left).size());
  return left;
}

std::string ThresholdName(std::string name) {
  for (char& c : name) {
    const bool is_usable = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    if (!is_usable) c = '-';
  }
  return name;
}

/// The body of a threshold that says what a rule does, or why none can.
struct Converted {
  json body;
  Level level = Level::kWarning;
  std::string problem;
};

Converted Convert(const rules::Rule& rule) {
  const std::optional<Condition> condition = Split(*rule.expr.parsed);
  if (!condition)
    return {.body = {}, .problem = "compares with no number at its top, as a threshold does; keep it in rule_files"};
  Converted converted;
  json labels = json::object();
  for (const auto& [name, text] : rule.labels) {
    const std::string& value = text.text();
    if (value.find("{{") != std::string::npos)
      return {.body = {}, .problem = "label " + name + " is a template, which labels of thresholds are not"};
    const std::optional<Level> level = name == kSeverity ? LevelFromName(value) : std::nullopt;
    if (level) {
      converted.level = *level;
    } else {
      labels[name == kSeverity ? "rule_severity" : name] = value;
    }
  }
  converted.body = {{"name", ThresholdName(rule.name)},
                    {"expr", condition->expr},
                    {"operator", OperatorText(condition->op)},
                    {"levels", {{LevelName(converted.level), condition->limit}}},
                    {"for", {{LevelName(converted.level), FormatDurationMs(rule.for_ms)}}},
                    {"keep_firing_for", FormatDurationMs(rule.keep_firing_for_ms)},
                    {"labels", labels},
                    {"annotations", templating::TextsOf(rule.annotations)}};
  return converted;
}

/// Makes a rule's level one of a threshold that has others. Returns what keeps it from that, or an empty text.
std::string Merge(const Converted& converted, json& body) {
  const std::string level = LevelName(converted.level);
  for (const char* field : {"expr", "operator", "keep_firing_for", "labels"}) {
    if (body[field] != converted.body[field])
      return std::string("differs in ") + field + " from another rule of this name";
  }
  if (body["levels"].contains(level)) return "has the severity of another rule of this name";
  body["levels"].update(converted.body["levels"]);
  body["for"].update(converted.body["for"]);
  // Texts can be of one level only: those of the highest.
  if (LevelFromName(body["levels"].rbegin().key()) == converted.level || converted.level == Level::kCritical)
    body["annotations"] = converted.body["annotations"];
  return "";
}

/// One duration for all levels is written as one.
void SimplifyFor(json& body) {
  const json& durations = body["for"];
  const bool is_one = std::ranges::all_of(durations, [&](const json& one) { return one == durations.front(); });
  if (is_one) body["for"] = json(durations.front());
}

}  // namespace

std::string ThresholdsToPrometheus(const std::vector<Threshold>& thresholds) {
  std::string comments;
  ordered_json rules = ordered_json::array();
  for (const Threshold& threshold : thresholds) {
    if (!threshold.enabled || threshold.baseline) {
      comments +=
          "# " + threshold.name + (threshold.enabled ? " has a baseline, which no rule can say\n" : " is disabled\n");
      continue;
    }
    for (size_t level = 0; level < kLevelCount; ++level) {
      if (threshold.levels[level]) rules.push_back(RuleOf(threshold, level));
    }
    if (const std::string losses = Losses(threshold); !losses.empty())
      comments += "# " + threshold.name + " is without its " + losses + "\n";
  }
  ordered_json groups = ordered_json::array();
  if (!rules.empty()) groups.push_back({{"name", "tidemark-thresholds"}, {"rules", rules}});
  return comments + config::JsonToYaml({{"groups", groups}});
}

FromPrometheus ThresholdsFromPrometheus(const std::vector<rules::RuleGroup>& groups) {
  FromPrometheus out;
  std::map<std::string, json> bodies;
  std::map<std::string, std::string> places;
  for (size_t group = 0; group < groups.size(); ++group) {
    for (size_t i = 0; i < groups[group].rules.size(); ++i) {
      const rules::Rule& rule = groups[group].rules[i];
      if (rule.kind != rules::Rule::Kind::kAlerting) continue;
      const std::string pointer = "/groups/" + std::to_string(group) + "/rules/" + std::to_string(i);
      Converted converted = Convert(rule);
      std::string problem = converted.problem;
      if (problem.empty()) {
        const std::string name = converted.body["name"];
        const auto [body, is_new] = bodies.try_emplace(name, converted.body);
        if (is_new) {
          places[name] = pointer;
        } else {
          problem = Merge(converted, body->second);
        }
      }
      if (!problem.empty()) out.errors.push_back({pointer, "alert \"" + rule.name + "\" " + problem});
    }
  }
  for (auto& [name, body] : bodies) {
    SimplifyFor(body);
    ParsedThreshold parsed = ParseThreshold(body);
    for (const http::FieldError& error : parsed.errors)
      out.errors.push_back({places[name], "alert \"" + name + "\" " + error.pointer + " " + error.detail});
    if (parsed.errors.empty()) out.thresholds.push_back(std::move(parsed.threshold));
  }
  return out;
}

}  // namespace tidemark::thresholds
