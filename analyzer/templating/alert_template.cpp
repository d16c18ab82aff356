#include "analyzer/templating/alert_template.h"

namespace tidemark::templating {
namespace {

Value MapOf(const storage::Labels& labels) {
  Fields fields;
  for (const auto& [name, value] : labels) fields.emplace_back(name, value);
  return {Value::MapKind::kText, std::move(fields)};
}

Value MapOf(const std::map<std::string, std::string>& labels) {
  return {Value::MapKind::kText, Fields(labels.begin(), labels.end())};
}

}  // namespace

AlertContext AlertContext::AsOf(const promql::Engine& engine, int64_t time_ms) const {
  AlertContext context = *this;
  context.environment.query = [&engine, time_ms](const std::string& query) {
    std::vector<QuerySample> samples;
    for (const storage::SeriesSamples& series : engine.InstantVector(query, time_ms))
      samples.push_back({series.labels, series.samples.front().value});
    return samples;
  };
  return context;
}

AlertTemplate::AlertTemplate(std::string text, Owner owner) : text_(std::move(text)), owner_(owner) {
  if (text_.find("{{") == std::string::npos) return;
  std::vector<std::string> variables = {"$labels", "$externalLabels", "$externalURL", "$value"};
  if (owner_ == Owner::kThreshold) variables.emplace_back("$level");
  template_.emplace(text_, variables);
}

AlertTemplate AlertTemplate::Plain(std::string text) {
  AlertTemplate plain;
  plain.text_ = std::move(text);
  return plain;
}

std::string AlertTemplate::Expand(const AlertValues& values, const AlertContext& context) const {
  if (!template_) return text_;
  const Value labels = MapOf(values.labels);
  const Value external_labels = MapOf(context.external_labels);
  Fields data = {{"Labels", labels},
                 {"ExternalLabels", external_labels},
                 {"ExternalURL", context.environment.external_url},
                 {"Value", values.value}};
  Variables variables = {{"$labels", labels},
                         {"$externalLabels", external_labels},
                         {"$externalURL", context.environment.external_url},
                         {"$value", values.value}};
  if (owner_ == Owner::kThreshold) {
    data.emplace_back("Level", std::string(values.level));
    variables.emplace_back("$level", std::string(values.level));
  }
  try {
    return template_->Execute(Value(Value::MapKind::kStruct, std::move(data)), variables, context.environment);
  } catch (const TemplateError& error) {
    return std::string("<error expanding template: ") + error.what() + ">";
  }
}

std::map<std::string, std::string> TextsOf(const TemplateMap& templates) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, one] : templates) texts[name] = one.text();
  return texts;
}

std::map<std::string, std::string> Expand(const TemplateMap& templates, const AlertValues& values,
                                          const AlertContext& context) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, one] : templates) texts[name] = one.Expand(values, context);
  return texts;
}

}  // namespace tidemark::templating
