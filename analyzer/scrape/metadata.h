#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/exposition/format.h"

namespace tidemark::scrape {

/// What a page says of a metric beside its samples.
struct Metadata {
  exposition::MetricType type = exposition::MetricType::kUntyped;
  std::string help;
  std::string unit;

  bool operator==(const Metadata&) const = default;
};

/// By the metric's name, as the page has it.
using MetadataMap = std::map<std::string, Metadata, std::less<>>;

/// Of a page that was read without an error before.
MetadataMap ReadMetadata(std::string_view page, exposition::Format format);

/// "counter", "unknown" and so on, as Prometheus's API names types.
const char* TypeName(exposition::MetricType type);

}  // namespace tidemark::scrape
