#pragma once

#include <string>
#include <vector>

#include "analyzer/rules/unit_test_file.h"

namespace tidemark::rules {

/// Runs a file's unit tests: each on a store of its own in memory that begins at time 0, with every rule group
/// evaluated at each evaluation interval. Returns what does not hold, in the words of `promtool test rules`; empty: all
/// holds. `warnings` are for people only. \throw config::ConfigError for a file that cannot be read
std::vector<std::string> RunUnitTests(const UnitTestFile& file, std::vector<std::string>& warnings);

}  // namespace tidemark::rules
