// A rule file, and the notations of unit tests: each is read, or refused with a reason.

#include <cstdlib>
#include <stdexcept>

#include "analyzer/promql/parser.h"
#include "analyzer/rules/rule_file.h"
#include "analyzer/rules/series_notation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    (void)rules::DuplicateRules(rules::ParseRuleFile("rules.yml", text));
  } catch (const config::ConfigError& error) {
    if (!std::string_view(error.what()).starts_with("rules.yml")) std::abort();
  }
  try {
    (void)rules::ParseSeriesValues(text);
  } catch (const std::invalid_argument&) {
  }
  try {
    (void)rules::ParseMetric(text);
  } catch (const std::invalid_argument&) {
  } catch (const promql::ParseError&) {
  }
  return 0;
}
