#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/storage/labels.h"
#include "analyzer/templating/ast.h"
#include "analyzer/templating/value.h"

// Templates as Prometheus has them in the labels and annotations of alerting rules: Go's text/template language with
// the functions of https://prometheus.io/docs/prometheus/latest/configuration/template_reference/. Evaluating is
// bounded in output, steps and nesting.

namespace tidemark::templating {

struct QuerySample {
  storage::Labels labels;
  double value;
};

/// What a template may ask for beside its variables.
struct Environment {
  /// Evaluates PromQL; throws std::runtime_error. Empty: the function query gives an error.
  std::function<std::vector<QuerySample>(const std::string& query)> query;
  std::string external_url;
};

/// A variable, with its $, and what it holds.
using Variables = std::vector<std::pair<std::string, Value>>;

/// A parsed template. Immutable; any thread may evaluate.
class Template {
 public:
  /// `variables` are those that Execute will give. \throw TemplateError with line and reason
  Template(std::string_view text, const std::vector<std::string>& variables);

  /// Evaluates. `data` is the dot. \throw TemplateError
  [[nodiscard]] std::string Execute(const Value& data, const Variables& variables,
                                    const Environment& environment) const;

 private:
  TemplateTree tree_;
};

}  // namespace tidemark::templating
