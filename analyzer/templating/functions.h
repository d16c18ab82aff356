#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "analyzer/templating/template.h"

namespace tidemark::templating {

/// A function that templates call.
struct Function {
  static constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

  size_t min_arguments;
  size_t max_arguments;
  /// \throw std::runtime_error
  Value (*call)(const Environment& environment, const std::vector<Value>& arguments);
  /// With this truth of an argument, it is the answer and the later ones are not evaluated.
  std::optional<bool> stops_at;
};

/// The function of a name, or nullptr. There are those of Go's text/template (but for call) and those of Prometheus.
const Function* FindFunction(std::string_view name);

}  // namespace tidemark::templating
