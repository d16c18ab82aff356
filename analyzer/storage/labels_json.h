#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/storage/labels.h"

namespace tidemark::storage {

/// Names and values as a JSON object, in their order.
template <typename Pairs>
nlohmann::ordered_json LabelsJson(const Pairs& labels) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return object;
}

/// Back again; what is no text is left out.
inline Labels LabelsFromJson(const nlohmann::json& object) {
  std::vector<Labels::Pair> pairs;
  if (!object.is_object()) return {};
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) pairs.emplace_back(name, value.template get<std::string>());
  }
  return Labels(std::move(pairs));
}

}  // namespace tidemark::storage
