#include "analyzer/thresholds/threshold_file.h"

#include <map>
#include <nlohmann/json.hpp>

#include "analyzer/thresholds/threshold_reader.h"
#include "common/yaml_json.h"

namespace tidemark::thresholds {

std::vector<Threshold> LoadThresholds(const std::string& path) { return LoadThresholdFiles({path}); }

std::vector<Threshold> LoadThresholdFiles(const std::vector<std::string>& patterns) {
  std::vector<Threshold> thresholds;
  std::map<std::string, std::string> places;  // where each name came first
  for (const std::string& path : config::ConfiguredFiles(patterns, "threshold file")) {
    std::string faults;
    const auto fail = [&faults](const config::YamlValue& item, const std::string& message) {
      try {
        item.Fail(message);
      } catch (const config::ConfigError& error) {
        faults += (faults.empty() ? "" : "\n") + std::string(error.what());
      }
    };
    config::YamlMap root = config::ReadYamlFile(path).Map();
    for (const config::YamlValue& item : root.Require("thresholds").List()) {
      ParsedThreshold parsed = ParseThreshold(config::YamlToJson(item));
      for (const http::FieldError& error : parsed.errors) fail(item, error.pointer + " " + error.detail);
      const std::string& name = parsed.threshold.name;
      const auto [place, is_new] = places.emplace(name, path);
      if (!name.empty() && !is_new) fail(item, "threshold \"" + name + "\" comes twice, first in " + place->second);
      thresholds.push_back(std::move(parsed.threshold));
    }
    root.Finish();
    if (!faults.empty()) throw config::ConfigError(faults);
  }
  return thresholds;
}

std::string ThresholdsToYaml(const std::vector<Threshold>& thresholds) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Threshold& threshold : thresholds) list.push_back(ToJson(threshold));
  return config::JsonToYaml({{"thresholds", list}});
}

}  // namespace tidemark::thresholds
