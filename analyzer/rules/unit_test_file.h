#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/storage/storage.h"

namespace tidemark::rules {

/// What must hold of an alert's instances at one time.
struct AlertExpectation {
  struct Instance {
    storage::Labels labels;
    std::map<std::string, std::string> annotations;
  };
  std::string alert_name;
  int64_t time_ms = 0;
  std::vector<Instance> firing;
};

/// What an expression must give at one time.
struct QueryExpectation {
  std::string query;
  int64_t time_ms = 0;
  std::vector<std::pair<storage::Labels, double>> samples;
  std::string fault;  ///< of the samples' labels
};

/// One test: series that are made up, and what rules must make of them.
struct UnitTest {
  std::string name;
  std::vector<storage::SeriesSamples> series;
  std::vector<AlertExpectation> alerts;
  std::vector<QueryExpectation> queries;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
  std::string fault;  ///< of its series or labels; then the rest is not to be run
};

/// A file of unit tests for rules, in the format of `promtool test rules`.
struct UnitTestFile {
  std::vector<std::string> rule_files;  ///< patterns, relative to the working directory
  int64_t evaluation_interval_ms = 60'000;
  std::vector<std::string> group_order;  ///< names of groups that are evaluated one after the other
  std::vector<UnitTest> tests;
};

/// \throw config::ConfigError
UnitTestFile LoadUnitTestFile(const std::string& path);

}  // namespace tidemark::rules
