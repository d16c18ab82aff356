// YAML as thresholds and webhooks' bodies use it: what was read, and any text, goes out and reads back.

#include <cstdlib>

#include "common/utf8.h"
#include "common/yaml_json.h"

using namespace tidemark;

namespace {

void GoesOutAndReadsBack(const nlohmann::json& value) {
  const nlohmann::json again = config::YamlToJson(config::ParseYaml("again", config::JsonToYaml(value)));
  // As text, in which NaN is NaN.
  if (again.dump() != value.dump()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (IsValidUtf8(text)) GoesOutAndReadsBack({{"list", {text, text}}, {"map", {{"text", text}}}});
  nlohmann::json read;
  try {
    read = config::YamlToJson(config::ParseYaml("fuzz", text));
  } catch (const config::ConfigError&) {
    return 0;
  }
  GoesOutAndReadsBack(read);
  return 0;
}
