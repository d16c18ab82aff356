#pragma once

#include <string>
#include <vector>

#include "analyzer/thresholds/threshold.h"

namespace tidemark::thresholds {

/// Reads a file such as rules/thresholds.yml: `thresholds:` and a list of the fields of ParseThreshold.
/// \throw config::ConfigError with all that is wrong, a line for each fault
std::vector<Threshold> LoadThresholds(const std::string& path);

/// Reads every file that a list of paths (with wildcards in the last part) names; names must not come twice.
/// \throw config::ConfigError
std::vector<Threshold> LoadThresholdFiles(const std::vector<std::string>& patterns);

/// The text of a file that LoadThresholds reads back.
std::string ThresholdsToYaml(const std::vector<Threshold>& thresholds);

}  // namespace tidemark::thresholds
