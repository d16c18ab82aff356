#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "analyzer/thresholds/threshold.h"
#include "common/http/problem.h"

namespace tidemark::thresholds {

/// Either a threshold, or everything that is wrong with the body.
struct ParsedThreshold {
  Threshold threshold;
  std::vector<http::FieldError> errors;
};

/// Checks a JSON body in the long form (ToJson) or in the short one ({"name", "metric", "operator", "value",
/// "severity"}). Pointers begin with `pointer`.
ParsedThreshold ParseThreshold(const nlohmann::json& body, const std::string& pointer = "");

}  // namespace tidemark::thresholds
