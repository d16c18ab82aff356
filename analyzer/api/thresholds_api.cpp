#include "analyzer/api/thresholds_api.h"

#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "common/http/problem.h"
#include "common/http/url.h"
#include "common/json_fields.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

using thresholds::ParsedThreshold;
using thresholds::ThresholdStore;
using Outcome = ThresholdStore::Outcome;

/// A merge patch is tried again when somebody else changes the threshold meanwhile.
constexpr int kPatchTries = 10;
constexpr size_t kMaxHistoryLimit = 1000;

http::Response NotFound(const std::string& name) {
  return http::Problem(404, "there is no threshold \"" + name + "\"");
}

http::Response Conflict(const http::Request& request) {
  if (!request.Header("if-none-match").empty())
    return http::Problem(412, "there is a threshold of this name already; read it and change it with its ETag");
  return http::Problem(412, "the threshold has changed since; read it again and repeat the change with its new ETag");
}

/// The answer to a change that was made, or would have been.
http::Response Changed(const Analyzer& analyzer, const ThresholdStore::Change& change, bool dry_run) {
  ordered_json json = ThresholdJson(analyzer, *change.stored);
  json["warnings"] = ThresholdWarnings(analyzer, change.stored->threshold);
  if (dry_run) {
    // What is not stored has neither.
    for (const char* field : {"version", "etag", "updated_at"}) json.erase(field);
    return JsonResponse(json);
  }
  http::Response response = JsonResponse(json, change.created ? 201 : 200);
  response.headers.emplace_back("ETag", change.stored->etag);
  if (change.created) {
    response.headers.emplace_back(
        "Location", std::string(kThresholdsPath) + "/" + http::EncodePercent(change.stored->threshold.name));
  }
  return response;
}

/// The conditions and the author of a request.
ThresholdStore::Edit EditOf(const http::Request& request, bool dry_run) {
  return {AuthorOf(request),
          {std::string(request.Header("if-match")), std::string(request.Header("if-none-match"))},
          dry_run};
}

/// The name in a body is that of the path, or missing.
void CheckName(const std::string& path_name, ParsedThreshold& parsed) {
  if (parsed.errors.empty() && parsed.threshold.name != path_name)
    parsed.errors.push_back({"/name", "differs from the name in the path; delete and create to rename"});
}

http::Response Create(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  ParsedThreshold parsed = ReadThresholdBody(body.value);
  if (!parsed.errors.empty()) return InvalidThreshold(parsed.errors);
  const std::string name = parsed.threshold.name;
  const auto change = analyzer.thresholds().Create(parsed.threshold, EditOf(request, dry_run.value));
  if (change.outcome == Outcome::kTaken) {
    return http::Problem(
        409, "there is a threshold \"" + name + "\" already; change it with PUT " + kThresholdsPath + "/" + name,
        {{"/name", "is taken"}});
  }
  if (change.outcome == Outcome::kFull) return TooManyThresholds();
  return Changed(analyzer, change, dry_run.value);
}

http::Response Get(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  const thresholds::StoredThresholdPtr stored = analyzer.thresholds().Get(name);
  if (!stored) return NotFound(name);
  http::Response response;
  const std::string_view if_none_match = request.Header("if-none-match");
  if (!if_none_match.empty() && thresholds::HasEtag(if_none_match, stored->etag)) {
    response = {.status = 304, .body = ""};
  } else {
    response = JsonResponse(ThresholdJson(analyzer, *stored));
  }
  response.headers.emplace_back("ETag", stored->etag);
  return response;
}

http::Response Put(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  const std::string& name = request.path_values[0];
  if (body.value.is_object() && !body.value.contains("name")) body.value["name"] = name;
  ParsedThreshold parsed = ReadThresholdBody(std::move(body.value));
  CheckName(name, parsed);
  if (!parsed.errors.empty()) return InvalidThreshold(parsed.errors);
  const auto change = analyzer.thresholds().Put(parsed.threshold, EditOf(request, dry_run.value));
  if (change.outcome == Outcome::kConflict) return Conflict(request);
  if (change.outcome == Outcome::kFull) return TooManyThresholds();
  return Changed(analyzer, change, dry_run.value);
}

/// JSON merge patch (RFC 7396) of the long form.
http::Response Patch(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  if (!body.value.is_object()) return InvalidThreshold({{"", "must be a JSON object with the fields to change"}});
  const std::string& name = request.path_values[0];
  const ThresholdStore::Edit asked = EditOf(request, dry_run.value);
  for (int i = 0; i < kPatchTries; ++i) {
    const thresholds::StoredThresholdPtr present = analyzer.thresholds().Get(name);
    if (!present) return NotFound(name);
    if (!asked.preconditions.Hold(present.get())) return Conflict(request);
    nlohmann::json merged = thresholds::ToJson(present->threshold);
    merged.merge_patch(body.value);
    ParsedThreshold parsed = ReadThresholdBody(std::move(merged));
    CheckName(name, parsed);
    if (!parsed.errors.empty()) return InvalidThreshold(parsed.errors);
    ThresholdStore::Edit edit = asked;
    edit.preconditions = {present->etag, ""};
    const auto change = analyzer.thresholds().Put(parsed.threshold, edit);
    if (change.outcome == Outcome::kConflict) continue;
    if (change.outcome == Outcome::kFull) return TooManyThresholds();
    return Changed(analyzer, change, dry_run.value);
  }
  return Conflict(request);
}

http::Response Delete(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  const std::string& name = request.path_values[0];
  switch (analyzer.thresholds().Delete(name, EditOf(request, dry_run.value)).outcome) {
    case Outcome::kUnknown:
      return NotFound(name);
    case Outcome::kConflict:
      return Conflict(request);
    default:
      return {.status = 204, .body = ""};
  }
}

/// {"version": N}: what that change had made; 0: what the files say.
http::Response Restore(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  std::vector<http::FieldError> errors;
  JsonFields fields(body.value, "", errors);
  const nlohmann::json* version = fields.Find("version");
  if (version == nullptr || !version->is_number_integer() || *version < 0 || *version > INT64_MAX)
    fields.Fail("version", "must be a version of the history, or 0 for what the files say");
  fields.Finish();
  if (!errors.empty()) return http::Problem(422, "the request is not valid", errors);
  const std::string& name = request.path_values[0];
  const auto change = analyzer.thresholds().Restore(name, version->get<int64_t>(), EditOf(request, dry_run.value));
  switch (change.outcome) {
    case Outcome::kUnknown:
      return http::Problem(404, "there is no such version of a threshold \"" + name + "\"",
                           {{"/version", "is none of GET " + std::string(kThresholdsPath) + "/" + name + "/history"}});
    case Outcome::kConflict:
      return Conflict(request);
    case Outcome::kUnusable:
      return http::Problem(422, "that version is not valid any more", {{"/version", "cannot be restored"}});
    case Outcome::kFull:
      return TooManyThresholds();
    default:
      return Changed(analyzer, change, dry_run.value);
  }
}

ordered_json TextToJson(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json::parse(text, nullptr, false);
}

http::Response History(Analyzer& analyzer, const http::Request& request) {
  const Paging paging = ReadPaging(request, 100, kMaxHistoryLimit);
  if (paging.problem) return *paging.problem;
  const std::string& name = request.path_values[0];
  ordered_json changes = ordered_json::array();
  const auto revisions = analyzer.thresholds().History(name, paging.before, paging.limit);
  if (revisions.empty() && paging.before == INT64_MAX && !analyzer.thresholds().Get(name)) return NotFound(name);
  for (const thresholds::ThresholdRevision& revision : revisions) {
    changes.push_back({{"version", revision.version},
                       {"at", FormatRfc3339(revision.at_ms)},
                       {"author", revision.author},
                       {"action", revision.action},
                       {"before", TextToJson(revision.before)},
                       {"after", TextToJson(revision.after)}});
  }
  ordered_json answer = {{"name", name}, {"changes", changes}};
  if (revisions.size() == paging.limit) answer["next_cursor"] = std::to_string(revisions.back().version);
  return JsonResponse(answer);
}

}  // namespace

void AddThresholdRoutes(http::Router& router, Analyzer& analyzer) {
  const std::string item = std::string(kThresholdsPath) + "/{name}";
  const auto add = [&](const char* method, const std::string& path, auto handler) {
    router.Add(method, path, Guarded(analyzer, handler));
  };
  add("POST", kThresholdsPath, Create);
  add("GET", item, Get);
  add("PUT", item, Put);
  add("PATCH", item, Patch);
  add("DELETE", item, Delete);
  add("POST", item + "/restore", Restore);
  add("GET", item + "/history", History);
}

}  // namespace tidemark::api
