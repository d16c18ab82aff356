#include "analyzer/rules/unit_test.h"

#include <algorithm>
#include <set>

#include "analyzer/promql/engine.h"
#include "analyzer/rules/group.h"
#include "analyzer/storage/store.h"
#include "common/duration.h"
#include "common/glob.h"
#include "common/go_string.h"
#include "common/number_format.h"

namespace tidemark::rules {
namespace {

using storage::Labels;

/// The time that a test has come to.
class TestClock final : public Clock {
 public:
  int64_t now_ms = 0;
  [[nodiscard]] int64_t NowMs() const override { return now_ms; }
};

std::string LabelsText(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += (text.empty() ? "" : ", ") + name + '=' + QuoteGo(value);
  return '{' + text + '}';
}

std::string LabelsText(const std::map<std::string, std::string>& labels) {
  return LabelsText(Labels(std::vector<Labels::Pair>(labels.begin(), labels.end())));
}

/// "7E+00"
std::string ScientificText(double value) {
  std::string text = FormatScientific(value);
  std::ranges::replace(text, 'e', 'E');
  return text;
}

std::string SamplesText(const std::vector<std::pair<Labels, double>>& samples) {
  if (samples.empty()) return "nil";
  std::string text;
  for (const auto& [labels, value] : samples)
    text += (text.empty() ? "" : ", ") + LabelsText(labels) + ' ' + ScientificText(value);
  return text;
}

std::string InstancesText(const std::vector<AlertExpectation::Instance>& instances) {
  if (instances.empty()) return "[]";
  std::string text = "[";
  for (size_t i = 0; i < instances.size(); ++i) {
    text += "\n            " + std::to_string(i) + ":";
    text += "\n              Labels:" + LabelsText(instances[i].labels);
    text += "\n              Annotations:" + LabelsText(instances[i].annotations);
    if (i + 1 < instances.size()) text += ", ";
  }
  return text + "\n            ]";
}

/// One test with its store and its rules.
class TestRun {
 public:
  TestRun(const UnitTestFile& file, const UnitTest& test, const std::vector<RuleGroup>& definitions)
      : file_(file),
        test_(test),
        logger_(LogLevel::kError, LogFormat::kLogfmt),
        store_({.path = "", .retention_ms = 0, .max_memory_bytes = size_t{4} << 30}, clock_, logger_),
        engine_(store_, {}),
        services_{engine_, store_, logger_},
        context_{test.external_labels, {{}, test.external_url}} {
    for (const RuleGroup& definition : definitions) {
      Group& group = groups_.emplace_back(definition, file.evaluation_interval_ms);
      group.SkipRestoring();
    }
    for (const storage::SeriesSamples& series : test.series) inputs_.push_back({store_.RefOf(series.labels), 0});
  }

  std::vector<std::string> Run() {
    int64_t end_ms = 0;
    for (const AlertExpectation& alert : test_.alerts) end_ms = std::max(end_ms, alert.time_ms);
    for (const QueryExpectation& query : test_.queries) end_ms = std::max(end_ms, query.time_ms);
    for (int64_t time_ms = 0; time_ms <= end_ms; time_ms += file_.evaluation_interval_ms) {
      AppendSamplesTill(time_ms);
      if (!EvaluateRules(time_ms)) return std::move(failures_);
      for (const AlertExpectation& alert : test_.alerts) {
        // Between two evaluations the earlier one's alerts are those in force.
        if (alert.time_ms >= time_ms && alert.time_ms < time_ms + file_.evaluation_interval_ms) Check(alert);
      }
    }
    for (const QueryExpectation& query : test_.queries) Check(query);
    return std::move(failures_);
  }

 private:
  struct Input {
    storage::SeriesRef ref;
    size_t appended;
  };

  void AppendSamplesTill(int64_t time_ms) {
    clock_.now_ms = time_ms;
    std::vector<storage::SeriesWrite> writes;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const std::vector<storage::Sample>& samples = test_.series[i].samples;
      for (size_t& next = inputs_[i].appended; next < samples.size() && samples[next].timestamp_ms <= time_ms; ++next)
        writes.push_back({inputs_[i].ref, samples[next]});
    }
    store_.Append(writes);
  }

  /// False: a rule failed, which ends the test.
  bool EvaluateRules(int64_t time_ms) {
    bool all_well = true;
    for (Group& group : groups_) {
      group.Evaluate(services_, context_, time_ms);
      const auto view = group.View();
      for (size_t i = 0; i < view->rules.size(); ++i) {
        if (view->rules[i].status.last_error.empty()) continue;
        failures_.push_back("    rule: " + group.definition().rules[i].name + ", time: " + FormatDurationMs(time_ms) +
                            ", err: " + view->rules[i].status.last_error);
        all_well = false;
      }
    }
    return all_well;
  }

  void Check(const AlertExpectation& expectation) {
    std::vector<AlertExpectation::Instance> got;
    for (const Group& group : groups_) {
      for (size_t i = 0; i < group.definition().rules.size(); ++i) {
        const Rule& rule = group.definition().rules[i];
        if (rule.kind != Rule::Kind::kAlerting || rule.name != expectation.alert_name) continue;
        for (const auto& [labels, alert] : group.alerts(i).alerts()) {
          if (alert.state == Alert::State::kFiring) got.push_back({labels, alert.annotations});
        }
      }
    }
    std::vector<AlertExpectation::Instance> expected = expectation.firing;
    const auto by_labels = [](const auto& a, const auto& b) {
      return std::tie(a.labels, a.annotations) < std::tie(b.labels, b.annotations);
    };
    std::ranges::sort(expected, by_labels);
    std::ranges::sort(got, by_labels);
    const bool same = std::ranges::equal(expected, got, [](const auto& a, const auto& b) {
      return a.labels == b.labels && a.annotations == b.annotations;
    });
    if (same) return;
    failures_.push_back("    alertname: " + expectation.alert_name +
                        ", time: " + FormatDurationMs(expectation.time_ms) +
                        ", \n        exp:" + InstancesText(expected) + ", \n        got:" + InstancesText(got));
  }

  void Check(const QueryExpectation& expectation) {
    const std::string place =
        "    expr: " + QuoteGo(expectation.query) + ", time: " + FormatDurationMs(expectation.time_ms) + ",";
    if (!expectation.fault.empty()) {
      failures_.push_back(place + " err: " + expectation.fault);
      return;
    }
    std::vector<std::pair<Labels, double>> got;
    try {
      for (const storage::SeriesSamples& series : engine_.InstantVector(expectation.query, expectation.time_ms))
        got.emplace_back(series.labels, series.samples.front().value);
    } catch (const std::runtime_error& error) {
      failures_.push_back(place + " err: " + error.what());
      return;
    }
    std::vector<std::pair<Labels, double>> expected = expectation.samples;
    std::ranges::sort(expected, {}, &std::pair<Labels, double>::first);
    std::ranges::sort(got, {}, &std::pair<Labels, double>::first);
    if (expected != got)
      failures_.push_back(place + "\n        exp: " + SamplesText(expected) + "\n        got: " + SamplesText(got));
  }

  const UnitTestFile& file_;
  const UnitTest& test_;
  const Logger logger_;
  TestClock clock_;
  storage::Store store_;
  promql::Engine engine_;
  const RuleServices services_;
  const templating::AlertContext context_;
  std::vector<Group> groups_;
  std::vector<Input> inputs_;
  std::vector<std::string> failures_;
};

/// Groups that the file puts in an order come behind those it does not name, in that order.
void SortGroups(const std::vector<std::string>& order, std::vector<RuleGroup>& groups) {
  const auto place = [&](const RuleGroup& group) {
    const auto found = std::ranges::find(order, group.name);
    return found == order.end() ? 0 : found - order.begin() + 1;
  };
  std::ranges::stable_sort(groups, {}, place);
}

}  // namespace

std::vector<std::string> RunUnitTests(const UnitTestFile& file, std::vector<std::string>& warnings) {
  std::vector<RuleGroup> groups;
  std::set<std::string> loaded;
  for (const std::string& pattern : file.rule_files) {
    const std::vector<std::string> paths = Glob(pattern);
    if (paths.empty()) warnings.push_back("no file match pattern " + pattern);
    for (const std::string& path : paths) {
      if (!loaded.insert(path).second || file.tests.empty()) continue;
      std::ranges::move(LoadRuleFile(path), std::back_inserter(groups));
    }
  }
  SortGroups(file.group_order, groups);
  std::vector<std::string> failures;
  for (const UnitTest& test : file.tests) {
    std::vector<std::string> of_test = {test.fault};
    if (test.fault.empty()) of_test = TestRun(file, test, groups).Run();
    if (!of_test.empty() && !test.name.empty()) of_test.front().insert(0, "    name: " + test.name + ",\n");
    std::ranges::move(of_test, std::back_inserter(failures));
  }
  return failures;
}

}  // namespace tidemark::rules
