#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/promql/ast.h"
#include "analyzer/templating/alert_template.h"
#include "common/http/problem.h"

namespace tidemark::thresholds {

/// Severities, rising.
enum class Level { kInfo, kWarning, kCritical };
inline constexpr size_t kLevelCount = 3;
const char* LevelName(Level level);
std::optional<Level> LevelFromName(std::string_view name);

enum class Operator { kGreater, kGreaterOrEqual, kLess, kLessOrEqual, kEqual, kNotEqual };
const char* OperatorText(Operator op);
/// Whether `value op limit`. NaN breaches nothing.
bool Breaches(double value, Operator op, double limit);

/// A condition with up to three levels on every series of an expression.
struct Threshold {
  std::string name;
  std::string expr;
  std::shared_ptr<const promql::Expr> parsed;
  Operator op = Operator::kGreater;
  std::array<std::optional<double>, kLevelCount> levels;  ///< by Level
  int64_t for_ms = 0;
  int64_t keep_firing_for_ms = 0;
  double clear_margin = 0;  ///< how far a value must come back past a level before that level ends
  std::map<std::string, std::string> labels;
  templating::TemplateMap annotations;
  bool enabled = true;
};

/// Either a threshold, or everything that is wrong with the body.
struct ParsedThreshold {
  Threshold threshold;
  std::vector<http::FieldError> errors;
};

/// Checks a JSON body in the long or the short form ({"name", "metric", "operator", "value", "severity"}).
ParsedThreshold ParseThreshold(const nlohmann::json& body);

/// The long form, as GET answers it and ParseThreshold reads it.
nlohmann::ordered_json ToJson(const Threshold& threshold);

/// Reads rules/thresholds.yml: `thresholds:` and a list of the same fields. \throw config::ConfigError
std::vector<Threshold> LoadThresholds(const std::string& path);

}  // namespace tidemark::thresholds
