#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/promql/engine.h"
#include "analyzer/templating/template.h"

namespace tidemark::templating {

/// What the templates of all alerts may refer to.
struct AlertContext {
  std::map<std::string, std::string> external_labels;  ///< $externalLabels.NAME
  Environment environment;                             ///< with $externalURL

  /// The same, with queries answered by an engine as of a time. The engine must live as long.
  [[nodiscard]] AlertContext AsOf(const promql::Engine& engine, int64_t time_ms) const;
};

/// What those of one alert may refer to.
struct AlertValues {
  const storage::Labels& labels;  ///< $labels.NAME
  double value;                   ///< $value
  std::string_view level = {};    ///< $level, of a threshold's alert
};

/// A label or annotation of an alert. Immutable; any thread may expand.
class AlertTemplate {
 public:
  enum class Owner { kRule, kThreshold };

  /// \throw TemplateError
  AlertTemplate(std::string text, Owner owner);

  /// A text in which nothing is expanded.
  static AlertTemplate Plain(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// The text with its actions carried out. What fails while it is expanded gives "<error expanding template: …>", as
  /// Prometheus has it.
  [[nodiscard]] std::string Expand(const AlertValues& values, const AlertContext& context) const;

 private:
  AlertTemplate() = default;

  std::string text_;
  Owner owner_ = Owner::kRule;
  std::optional<Template> template_;  ///< none: a text without actions
};

/// Labels or annotations by name.
using TemplateMap = std::map<std::string, AlertTemplate>;
std::map<std::string, std::string> TextsOf(const TemplateMap& templates);
std::map<std::string, std::string> Expand(const TemplateMap& templates, const AlertValues& values,
                                          const AlertContext& context);

}  // namespace tidemark::templating
