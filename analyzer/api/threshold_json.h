#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/analyzer.h"
#include "analyzer/api/json_body.h"
#include "analyzer/thresholds/threshold_reader.h"

namespace tidemark::api {

/// A threshold as GET answers it: its fields, where it comes from, and how its evaluation goes.
ordered_json ThresholdJson(const Analyzer& analyzer, const thresholds::StoredThreshold& stored);

/// Reads a body as ThresholdJson writes it, or as ParseThreshold takes it. Pointers begin with `pointer`.
thresholds::ParsedThreshold ReadThresholdBody(nlohmann::json body, const std::string& pointer = "");

/// The answer that says what is wrong with a body.
http::Response InvalidThreshold(const std::vector<http::FieldError>& errors);

/// What is odd about a threshold and yet no error: metrics that no stored series has.
std::vector<std::string> ThresholdWarnings(const Analyzer& analyzer, const thresholds::Threshold& threshold);

/// Who changes something: the user, or the client's address.
std::string AuthorOf(const http::Request& request);

/// Of `?dry_run=true`; another value is a problem.
struct DryRun {
  bool value = false;
  std::optional<http::Response> problem;
};
DryRun ReadDryRun(const http::Request& request);

/// The most thresholds are there.
http::Response TooManyThresholds();

}  // namespace tidemark::api
