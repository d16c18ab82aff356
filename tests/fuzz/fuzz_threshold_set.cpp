// Sets of thresholds as YAML, and rule files that become thresholds: what is read goes out in both forms and reads
// back.

#include <cstdlib>

#include "analyzer/thresholds/prometheus_form.h"
#include "analyzer/thresholds/threshold_file.h"
#include "analyzer/thresholds/threshold_reader.h"
#include "common/yaml_json.h"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<thresholds::Threshold> read;
  try {
    const nlohmann::json body = config::YamlToJson(config::ParseYaml("fuzz", text));
    if (body.is_object() && body.contains("groups")) {
      read = thresholds::ThresholdsFromPrometheus(rules::ParseRuleFile("fuzz", text)).thresholds;
    } else if (body.is_object() && body.contains("thresholds")) {
      for (const nlohmann::json& one : body["thresholds"]) {
        thresholds::ParsedThreshold parsed = thresholds::ParseThreshold(one);
        if (parsed.errors.empty()) read.push_back(std::move(parsed.threshold));
      }
    }
  } catch (const config::ConfigError&) {
    return 0;
  }
  if (read.empty()) return 0;
  const nlohmann::json again =
      config::YamlToJson(config::ParseYaml("again", thresholds::ThresholdsToYaml(read)))["thresholds"];
  if (again.size() != read.size()) std::abort();
  for (size_t i = 0; i < read.size(); ++i) {
    const thresholds::ParsedThreshold parsed = thresholds::ParseThreshold(again[i]);
    if (!parsed.errors.empty() || ToJson(parsed.threshold) != ToJson(read[i])) std::abort();
  }
  // What goes out as rules is a rule file, unless expressions have become too long.
  constexpr size_t kShort = 4096;
  if (size < kShort) (void)rules::ParseRuleFile("rules", thresholds::ThresholdsToPrometheus(read));
  return 0;
}
