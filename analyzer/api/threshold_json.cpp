#include "analyzer/api/threshold_json.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "common/http/problem.h"
#include "common/json_values.h"

namespace tidemark::api {
namespace {

/// What GET adds to a body, so that a body that was read can be sent back as it is, and what it may be.
struct ReadOnlyField {
  const char* name;
  bool (*fits)(const nlohmann::json& value);
};
bool IsText(const nlohmann::json& value) { return value.is_string(); }
bool IsTextOrNull(const nlohmann::json& value) { return value.is_string() || value.is_null(); }
bool IsTexts(const nlohmann::json& value) { return value.is_array() && std::ranges::all_of(value, IsText); }
bool IsOrigin(const nlohmann::json& value) { return value == "shipped" || value == "file" || value == "api"; }
bool IsFileOrigin(const nlohmann::json& value) { return value == "shipped" || value == "file" || value.is_null(); }
constexpr std::array<ReadOnlyField, 9> kReadOnlyFields{
    {{"origin", IsOrigin},
     {"overrides", IsFileOrigin},
     {"source", IsTextOrNull},
     {"version", [](const nlohmann::json& value) { return value.is_number_integer(); }},
     {"etag", IsText},
     {"updated_at", IsTextOrNull},
     {"last_evaluation", IsTextOrNull},
     {"last_error", IsTextOrNull},
     {"warnings", IsTexts}}};

}  // namespace

ordered_json ThresholdJson(const Analyzer& analyzer, const thresholds::StoredThreshold& stored) {
  ordered_json json = thresholds::ToJson(stored.threshold);
  json["origin"] = thresholds::OriginName(stored.origin);
  json["overrides"] = stored.overrides ? ordered_json(thresholds::OriginName(*stored.overrides)) : ordered_json();
  json["source"] = TextOrNull(stored.source);
  json["version"] = stored.version;
  json["etag"] = stored.etag;
  json["updated_at"] = TimeOrNull(stored.updated_ms);
  const thresholds::EvaluationStatus status = analyzer.alerts().Status(stored.threshold.name);
  json["last_evaluation"] = TimeOrNull(status.last_evaluation_ms);
  json["last_error"] = TextOrNull(status.last_error);
  return json;
}

thresholds::ParsedThreshold ReadThresholdBody(nlohmann::json body, const std::string& pointer) {
  std::vector<http::FieldError> errors;
  if (body.is_object()) {
    for (const auto& [name, fits] : kReadOnlyFields) {
      if (body.contains(name) && !fits(body[name]))
        errors.push_back({pointer + "/" + name, "is read-only: leave it out, or as it was read"});
      body.erase(name);
    }
  }
  thresholds::ParsedThreshold parsed = thresholds::ParseThreshold(body, pointer);
  std::ranges::move(errors, std::back_inserter(parsed.errors));
  return parsed;
}

http::Response InvalidThreshold(const std::vector<http::FieldError>& errors) {
  return InvalidBody("the threshold is not valid", errors);
}

std::vector<std::string> ThresholdWarnings(const Analyzer& analyzer, const thresholds::Threshold& threshold) {
  std::vector<std::string> warnings;
  std::set<std::string> seen;
  promql::ForEachSelector(*threshold.parsed, [&](const promql::VectorSelector& selector, int64_t /*range_ms*/) {
    std::string name = selector.name;
    for (const storage::Matcher& matcher : selector.matchers) {
      if (matcher.name() == storage::kMetricName && matcher.type() == storage::Matcher::Type::kEqual)
        name = matcher.value();
    }
    if (name.empty() || !seen.insert(name).second) return;
    const std::vector<storage::Matcher> matchers{
        {storage::Matcher::Type::kEqual, std::string(storage::kMetricName), name}};
    if (analyzer.store().Open(matchers, storage::kMinTime, storage::kMaxTime)->size() == 0) {
      warnings.push_back("there are no samples of the metric \"" + name +
                         "\": until there are, this threshold sees nothing");
    }
  });
  return warnings;
}

std::string AuthorOf(const http::Request& request) {
  return request.user.empty() ? request.remote_address : request.user;
}

DryRun ReadDryRun(const http::Request& request) {
  const std::string text = request.Param("dry_run").value_or("false");
  if (text == "true" || text == "false") return {text == "true", std::nullopt};
  return {false, http::Problem(400, "the parameter dry_run is not usable", {{"/dry_run", "must be true or false"}})};
}

http::Response TooManyThresholds() {
  return http::Problem(507, "there are " + std::to_string(thresholds::ThresholdStore::kMaxThresholds) +
                                " thresholds; delete some first");
}

}  // namespace tidemark::api
