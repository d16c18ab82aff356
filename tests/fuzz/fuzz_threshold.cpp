// A threshold body: it is valid or every error has a place; a valid one reads back from its own JSON.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "analyzer/thresholds/threshold_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::thresholds;
  nlohmann::json body;
  try {
    body = nlohmann::json::parse(data, data + size);
  } catch (const nlohmann::json::exception&) {
    return 0;
  }
  const ParsedThreshold parsed = ParseThreshold(body);
  for (const auto& error : parsed.errors) {
    if (error.detail.empty()) std::abort();
  }
  if (!parsed.errors.empty()) return 0;
  const auto json = ToJson(parsed.threshold);
  const ParsedThreshold again = ParseThreshold(nlohmann::json::parse(json.dump()));
  if (!again.errors.empty() || ToJson(again.threshold) != json) std::abort();
  const tidemark::storage::Labels labels{{"a", "b"}};
  (void)tidemark::templating::Expand(parsed.threshold.annotations, {.labels = labels, .value = 1.5, .level = "info"},
                                     {});
  return 0;
}
