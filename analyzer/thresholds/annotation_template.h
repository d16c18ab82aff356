#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/storage/labels.h"

namespace tidemark::thresholds {

/// What an annotation may refer to.
struct TemplateValues {
  const storage::Labels& labels;  ///< $labels.NAME
  double value;                   ///< $value
  std::string_view level;         ///< $level
};

/// Renders `{{ $value | humanize }}`, `{{ $labels.instance }}` and `{{ $level }}` in a text, with the filters humanize,
/// humanize1024, humanizePercentage, humanizeDuration and `printf "%.1f"`, written as in Prometheus's templates. What
/// CheckTemplate refuses comes out as it stands.
std::string RenderTemplate(std::string_view text, const TemplateValues& values);

/// What is wrong with a template, or an empty text.
std::string CheckTemplate(std::string_view text);

}  // namespace tidemark::thresholds
