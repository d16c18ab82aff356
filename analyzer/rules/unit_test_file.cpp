#include "analyzer/rules/unit_test_file.h"

#include <filesystem>

#include "analyzer/config/scrape_config.h"
#include "analyzer/promql/parser.h"
#include "analyzer/rules/series_notation.h"
#include "common/number_format.h"
#include "common/yaml_reader.h"

namespace tidemark::rules {
namespace {

using config::YamlMap;
using config::YamlValue;

/// The items of a list that may be missing.
std::vector<YamlValue> ListOf(YamlMap& map, const std::string& name) {
  const auto list = map.Find(name);
  return list ? list->List() : std::vector<YamlValue>();
}

std::string TextOf(YamlMap& map, const std::string& name) {
  const auto text = map.Find(name);
  return text ? text->String() : "";
}

int64_t TimeOf(YamlMap& map) {
  const auto time = map.Find("eval_time");
  return time ? time->DurationMs() : 0;
}

/// What `read` gives; a notation that cannot be read is told with the place of the field.
template <typename F>
auto Located(const YamlValue& value, F&& read) {
  try {
    return read();
  } catch (const promql::ParseError& error) {
    value.Fail(error.what());
  } catch (const std::invalid_argument& error) {
    value.Fail(error.what());
  }
}

storage::SeriesSamples ParseSeries(const YamlValue& value, int64_t interval_ms) {
  storage::SeriesSamples series;
  YamlMap map = value.Map();
  const YamlValue name = map.Require("series");
  const YamlValue values = map.Require("values");
  map.Finish();
  series.labels = Located(name, [&] { return ParseMetric(name.String()); });
  int64_t time_ms = 0;
  for (const std::optional<double>& one : Located(values, [&] { return ParseSeriesValues(values.String()); })) {
    if (one) series.samples.push_back({time_ms, *one});
    time_ms += interval_ms;
  }
  return series;
}

AlertExpectation ParseAlertExpectation(const YamlValue& value) {
  AlertExpectation expectation;
  YamlMap map = value.Map();
  expectation.time_ms = TimeOf(map);
  expectation.alert_name = TextOf(map, "alertname");
  for (const YamlValue& item : ListOf(map, "exp_alerts")) {
    AlertExpectation::Instance& instance = expectation.firing.emplace_back();
    YamlMap fields = item.Map();
    std::vector<storage::Labels::Pair> labels = {{"alertname", expectation.alert_name}};
    if (const auto field = fields.Find("exp_labels")) {
      for (const auto& [name, text] : field->Entries()) labels.emplace_back(name, text.String());
    }
    instance.labels = storage::Labels(std::move(labels));
    if (const auto field = fields.Find("exp_annotations")) {
      for (const auto& [name, text] : field->Entries()) instance.annotations[name] = text.String();
    }
    fields.Finish();
  }
  map.Finish();
  return expectation;
}

QueryExpectation ParseQueryExpectation(const YamlValue& value) {
  QueryExpectation expectation;
  YamlMap map = value.Map();
  expectation.query = TextOf(map, "expr");
  expectation.time_ms = TimeOf(map);
  for (const YamlValue& item : ListOf(map, "exp_samples")) {
    YamlMap fields = item.Map();
    storage::Labels labels;
    if (const auto text = fields.Find("labels")) {
      try {
        labels = Located(*text, [&] { return ParseMetric(text->String()); });
      } catch (const config::ConfigError& error) {
        expectation.fault = error.what();
      }
    }
    const auto number = fields.Find("value");
    const std::optional<double> sample = number ? ParseFloat(number->String()) : 0;
    if (!sample) number->Fail("expected a number");
    fields.Finish();
    expectation.samples.emplace_back(std::move(labels), *sample);
  }
  map.Finish();
  return expectation;
}

UnitTest ParseUnitTest(const YamlValue& value) {
  UnitTest test;
  YamlMap map = value.Map();
  test.name = TextOf(map, "name");
  int64_t interval_ms = 0;  // as promtool has it: then the first value of a series is all there is
  if (const auto interval = map.Find("interval")) interval_ms = interval->DurationMs();
  try {
    for (const YamlValue& series : ListOf(map, "input_series")) test.series.push_back(ParseSeries(series, interval_ms));
  } catch (const config::ConfigError& error) {
    test.fault = error.what();
  }
  for (const YamlValue& alert : ListOf(map, "alert_rule_test")) test.alerts.push_back(ParseAlertExpectation(alert));
  for (const YamlValue& query : ListOf(map, "promql_expr_test")) test.queries.push_back(ParseQueryExpectation(query));
  if (const auto labels = map.Find("external_labels")) test.external_labels = config::ParseLabels(*labels);
  test.external_url = TextOf(map, "external_url");
  map.Finish();
  return test;
}

}  // namespace

UnitTestFile LoadUnitTestFile(const std::string& path) {
  UnitTestFile file;
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  YamlMap root = config::ReadYamlFile(path).Map();
  for (const YamlValue& pattern : ListOf(root, "rule_files"))
    file.rule_files.push_back((directory / pattern.String()).string());
  if (const auto interval = root.Find("evaluation_interval")) {
    if (const int64_t interval_ms = interval->DurationMs(); interval_ms > 0) file.evaluation_interval_ms = interval_ms;
  }
  for (const YamlValue& name : ListOf(root, "group_eval_order")) file.group_order.push_back(name.String());
  for (const YamlValue& test : ListOf(root, "tests")) file.tests.push_back(ParseUnitTest(test));
  root.Finish();
  return file;
}

}  // namespace tidemark::rules
