#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/yaml_reader.h"

namespace re2 {
class RE2;
}

namespace tidemark::config {

/// One step of `relabel_configs` or `metric_relabel_configs`, with Prometheus's fields and defaults.
struct RelabelConfig {
  enum class Action {
    kReplace,
    kKeep,
    kDrop,
    kKeepEqual,
    kDropEqual,
    kHashMod,
    kLabelMap,
    kLabelDrop,
    kLabelKeep,
    kLowercase,
    kUppercase
  };

  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex_text = "(.*)";
  std::shared_ptr<const re2::RE2> regex;  ///< matches whole values
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  Action action = Action::kReplace;
};

/// Reads a list of steps. \throw ConfigError
std::vector<RelabelConfig> ParseRelabelConfigs(const YamlValue& value);

}  // namespace tidemark::config
