#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "common/yaml_reader.h"

// YAML and JSON for what is the same in both, such as thresholds: files hold YAML, the HTTP API JSON.

namespace tidemark::config {

/// Plain scalars become numbers (whole ones integers), booleans and null where they look like them; quoted ones stay
/// texts. Aliases are copied. \throw ConfigError at more than 32 levels or 1,000,000 values, which a few lines of
/// aliases can make
nlohmann::json YamlToJson(const YamlValue& value);

/// Block style; texts are quoted where they would read back as something else.
std::string JsonToYaml(const nlohmann::ordered_json& json);

}  // namespace tidemark::config
