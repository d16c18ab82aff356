#include "analyzer/rules/indicator.h"

#include <set>

#include "analyzer/promql/parser.h"
#include "common/yaml_reader.h"

namespace tidemark::rules {
namespace {

Indicator::Worse ParseWorse(const config::YamlValue& value) {
  const std::string text = value.String();
  if (text == "higher") return Indicator::Worse::kHigher;
  if (text == "lower") return Indicator::Worse::kLower;
  if (text == "neither") return Indicator::Worse::kNeither;
  value.Fail("must be higher, lower or neither");
}

}  // namespace

std::vector<Indicator> LoadIndicators(const std::string& path) {
  std::vector<Indicator> indicators;
  std::set<std::string> names;
  config::YamlMap root = config::ReadYamlFile(path).Map();
  for (const config::YamlValue& item : root.Require("indicators").List()) {
    Indicator& indicator = indicators.emplace_back();
    config::YamlMap map = item.Map();
    indicator.name = map.Require("name").String();
    if (!names.insert(indicator.name).second) item.Fail("indicator \"" + indicator.name + "\" comes twice");
    indicator.title = map.Require("title").String();
    indicator.resource = map.Require("resource").String();
    indicator.unit = map.Require("unit").String();
    indicator.worse = ParseWorse(map.Require("worse"));
    if (const auto shift = map.Find("smallest_shift")) indicator.smallest_shift = shift->Number();
    indicator.expr = config::ParseExprField(map.Require("expr"));
    map.Finish();
  }
  root.Finish();
  return indicators;
}

}  // namespace tidemark::rules
