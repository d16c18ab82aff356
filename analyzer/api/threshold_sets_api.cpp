#include "analyzer/api/threshold_sets_api.h"

#include <algorithm>
#include <set>

#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "analyzer/api/thresholds_api.h"
#include "analyzer/promql/parser.h"
#include "analyzer/thresholds/prometheus_form.h"
#include "common/http/problem.h"
#include "common/http/url.h"
#include "common/json_fields.h"
#include "common/yaml_json.h"

namespace tidemark::api {
namespace {

using thresholds::Threshold;
using thresholds::ThresholdStore;
using Outcome = ThresholdStore::Outcome;

constexpr size_t kMaxSourceBytes = 128;

/// What a list is narrowed to.
struct ListFilter {
  std::optional<storage::Matcher> name;  ///< of a pattern with * and ?
  std::vector<storage::Matcher> labels;
  std::optional<thresholds::Level> level;
  std::string state;  ///< empty: any
  std::optional<std::string> origin;
  std::optional<std::string> source;
  std::optional<bool> enabled;
  size_t limit = ThresholdStore::kMaxThresholds;
  std::string cursor;  ///< names after it
  std::vector<http::FieldError> errors;
};

/// Matches the whole of a name.
storage::Matcher PatternMatcher(const std::string& pattern) {
  std::string regex;
  for (const char c : pattern) {
    if (c == '*' || c == '?') {
      regex += c == '*' ? ".*" : ".";
    } else {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && static_cast<unsigned char>(c) < 0x80) regex += '\\';
      regex += c;
    }
  }
  return {storage::Matcher::Type::kRegex, "name", regex};
}

void ReadLabels(const http::Request& request, ListFilter& filter) {
  for (const std::string& text : request.Params("label")) {
    try {
      // team="infra" and team=~"a|b" as in selectors; team=infra for people.
      const size_t equals = text.find('=');
      const bool is_bare = equals != std::string::npos && text.find('"') == std::string::npos;
      if (is_bare) {
        filter.labels.emplace_back(storage::Matcher::Type::kEqual, text.substr(0, equals), text.substr(equals + 1));
      } else {
        for (storage::Matcher& matcher : promql::ParseSelector("{__name__=\"x\"," + text + "}")) {
          if (matcher.name() != storage::kMetricName) filter.labels.push_back(std::move(matcher));
        }
      }
    } catch (const std::exception&) {
      filter.errors.push_back({"/label", "must be name=value, or a matcher such as name=~\"a|b\""});
    }
  }
}

ListFilter ReadFilter(const http::Request& request) {
  ListFilter filter;
  const auto fail = [&filter](const char* name, const char* detail) { filter.errors.push_back({name, detail}); };
  try {
    if (const auto pattern = request.Param("name")) filter.name = PatternMatcher(*pattern);
  } catch (const std::invalid_argument&) {
    fail("/name", "must be a name, in which * stands for anything and ? for one letter");
  }
  ReadLabels(request, filter);
  if (const auto level = request.Param("level")) {
    filter.level = thresholds::LevelFromName(*level);
    if (!filter.level) fail("/level", "must be info, warning or critical");
  }
  filter.state = request.Param("state").value_or("");
  constexpr std::array<const char*, 6> kStates{"", "pending", "firing", "resolved", "ok", "error"};
  if (std::ranges::find(kStates, filter.state) == kStates.end())
    fail("/state", "must be pending, firing, resolved, ok or error");
  filter.origin = request.Param("origin");
  if (filter.origin && *filter.origin != "shipped" && *filter.origin != "file" && *filter.origin != "api")
    fail("/origin", "must be shipped, file or api");
  filter.source = request.Param("source");
  if (const auto enabled = request.Param("enabled")) {
    if (*enabled != "true" && *enabled != "false") fail("/enabled", "must be true or false");
    filter.enabled = *enabled == "true";
  }
  if (const auto limit = request.Param("limit")) {
    const std::optional<size_t> count = ParseCount(*limit, ThresholdStore::kMaxThresholds);
    if (!count) fail("/limit", "must be a number from 1 to 10000");
    filter.limit = count.value_or(1);
  }
  filter.cursor = request.Param("cursor").value_or("");
  return filter;
}

/// Names of the thresholds that have an alert in a state, by states.
std::map<std::string, std::set<std::string>> NamesByState(const Analyzer& analyzer) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& [threshold, state] : analyzer.alerts().States())
    names[thresholds::StateName(state)].insert(threshold);
  return names;
}

bool IsInState(const Analyzer& analyzer, const std::map<std::string, std::set<std::string>>& names,
               const std::string& state, const std::string& threshold) {
  if (state.empty()) return true;
  if (state == "error") return !analyzer.alerts().Status(threshold).last_error.empty();
  const auto has = [&](const char* name) {
    const auto it = names.find(name);
    return it != names.end() && it->second.contains(threshold);
  };
  return state == "ok" ? !has("pending") && !has("firing") : has(state.c_str());
}

bool Fits(const ListFilter& filter, const thresholds::StoredThreshold& stored) {
  const Threshold& threshold = stored.threshold;
  if (filter.name && !filter.name->Matches(threshold.name)) return false;
  if (filter.level && !threshold.levels[static_cast<size_t>(*filter.level)]) return false;
  if (filter.origin && *filter.origin != thresholds::OriginName(stored.origin)) return false;
  if (filter.source && *filter.source != stored.source) return false;
  if (filter.enabled && *filter.enabled != threshold.enabled) return false;
  return std::ranges::all_of(filter.labels, [&](const storage::Matcher& matcher) {
    const auto label = threshold.labels.find(matcher.name());
    return matcher.Matches(label == threshold.labels.end() ? "" : label->second);
  });
}

http::Response YamlResponse(std::string text) {
  return {.content_type = "application/yaml; charset=utf-8", .body = std::move(text)};
}

http::Response List(Analyzer& analyzer, const http::Request& request) {
  ListFilter filter = ReadFilter(request);
  std::string format = request.Param("format").value_or("");
  if (format.empty()) format = http::Accepts(request.Header("accept"), "application/yaml") ? "yaml" : "json";
  if (format != "json" && format != "yaml" && format != "prometheus")
    filter.errors.push_back({"/format", "must be json, yaml or prometheus"});
  if (!filter.errors.empty()) return BadParameters(filter.errors);
  const auto states = filter.state.empty() ? std::map<std::string, std::set<std::string>>() : NamesByState(analyzer);
  std::vector<thresholds::StoredThresholdPtr> found;
  bool has_more = false;
  for (const thresholds::StoredThresholdPtr& stored : analyzer.thresholds().List()) {
    const std::string& name = stored->threshold.name;
    if (name <= filter.cursor || !Fits(filter, *stored) || !IsInState(analyzer, states, filter.state, name)) continue;
    has_more = found.size() == filter.limit;
    if (has_more) break;
    found.push_back(stored);
  }
  if (format != "json") {
    std::vector<Threshold> list;
    list.reserve(found.size());
    for (const auto& stored : found) list.push_back(stored->threshold);
    return YamlResponse(format == "yaml" ? thresholds::ThresholdsToYaml(list)
                                         : thresholds::ThresholdsToPrometheus(list));
  }
  ordered_json list = ordered_json::array();
  for (const auto& stored : found) list.push_back(ThresholdJson(analyzer, *stored));
  ordered_json answer = {{"thresholds", list}};
  if (has_more) answer["next_cursor"] = found.back()->threshold.name;
  return JsonResponse(answer);
}

/// Thresholds of a bulk body, and what is wrong with them.
struct ReadSet {
  std::string source;
  std::vector<Threshold> thresholds;
  std::vector<http::FieldError> errors;
  std::optional<http::Response> problem;
};

void ReadThresholds(const nlohmann::json& list, ReadSet& set) {
  if (!list.is_array() || list.size() > ThresholdStore::kMaxThresholds) {
    set.errors.push_back(
        {"/thresholds", "must be a list of at most " + std::to_string(ThresholdStore::kMaxThresholds) + " thresholds"});
    return;
  }
  std::set<std::string> names;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = "/thresholds/" + std::to_string(i);
    thresholds::ParsedThreshold parsed = ReadThresholdBody(list[i], pointer);
    std::ranges::move(parsed.errors, std::back_inserter(set.errors));
    if (!parsed.threshold.name.empty() && !names.insert(parsed.threshold.name).second)
      set.errors.push_back({pointer + "/name", "comes twice"});
    set.thresholds.push_back(std::move(parsed.threshold));
  }
}

void ReadPrometheusRules(const std::string& text, ReadSet& set) {
  thresholds::FromPrometheus converted = thresholds::ThresholdsFromPrometheus(rules::ParseRuleFile("body", text));
  set.thresholds = std::move(converted.thresholds);
  set.errors = std::move(converted.errors);
}

/// JSON, or YAML in the form of rules/thresholds.yml or of a Prometheus rule file.
ReadSet ReadSetBody(const http::Request& request) {
  ReadSet set;
  const bool is_yaml = request.Header("content-type").find("yaml") != std::string_view::npos;
  nlohmann::json body;
  if (!is_yaml) {
    JsonBody json = ParseJsonBody(request);
    set.problem = std::move(json.problem);
    body = std::move(json.value);
  } else {
    try {
      body = config::YamlToJson(config::ParseYaml("body", request.body));
      if (body.is_object() && body.contains("groups")) {
        ReadPrometheusRules(request.body, set);
        return set;
      }
    } catch (const config::ConfigError& error) {
      set.problem = http::Problem(422, "the body cannot be used", {{"", error.what()}});
    }
  }
  if (set.problem) return set;
  JsonFields fields(body, "", set.errors);
  if (const std::string* source = fields.Text("source", kMaxSourceBytes)) set.source = *source;
  const nlohmann::json* list = fields.Find("thresholds");
  if (body.is_object() && list == nullptr) fields.Fail("thresholds", "is required");
  if (list != nullptr) ReadThresholds(*list, set);
  fields.Finish();
  return set;
}

ordered_json WarningsJson(const Analyzer& analyzer, const std::vector<Threshold>& list) {
  ordered_json warnings = ordered_json::array();
  for (const Threshold& threshold : list) {
    for (const std::string& warning : ThresholdWarnings(analyzer, threshold))
      warnings.push_back(threshold.name + ": " + warning);
  }
  return warnings;
}

http::Response BulkAnswer(const Analyzer& analyzer, const ReadSet& set, const ThresholdStore::BulkChange& change,
                          bool dry_run) {
  if (change.outcome == Outcome::kFull) return TooManyThresholds();
  if (change.outcome == Outcome::kTaken) {
    std::vector<http::FieldError> errors;
    for (const size_t i : change.taken) {
      errors.push_back({"/thresholds/" + std::to_string(i) + "/name",
                        "\"" + set.thresholds[i].name + "\" belongs to people or to another source"});
    }
    return http::Problem(409, "the set would change what is not its own; nothing was changed", errors);
  }
  return JsonResponse({{"dry_run", dry_run},
                       {"created", change.created},
                       {"updated", change.updated},
                       {"deleted", change.deleted},
                       {"unchanged", change.unchanged},
                       {"warnings", WarningsJson(analyzer, set.thresholds)}});
}

http::Response ReplaceSet(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  ReadSet set = ReadSetBody(request);
  if (set.problem) return *set.problem;
  if (const auto source = request.Param("source")) set.source = *source;
  if (set.source.empty() || set.source.size() > kMaxSourceBytes)
    set.errors.push_back({"/source", "must name who owns the set, so that nothing of others is deleted"});
  if (!set.errors.empty()) return InvalidThreshold(set.errors);
  const auto change = analyzer.thresholds().ReplaceSource(set.source, set.thresholds,
                                                          {.author = AuthorOf(request), .dry_run = dry_run.value});
  return BulkAnswer(analyzer, set, change, dry_run.value);
}

http::Response Import(Analyzer& analyzer, const http::Request& request) {
  const DryRun dry_run = ReadDryRun(request);
  if (dry_run.problem) return *dry_run.problem;
  const ReadSet set = ReadSetBody(request);
  if (set.problem) return *set.problem;
  if (!set.errors.empty()) return InvalidThreshold(set.errors);
  const auto change =
      analyzer.thresholds().PutAll(set.thresholds, {.author = AuthorOf(request), .dry_run = dry_run.value});
  return BulkAnswer(analyzer, set, change, dry_run.value);
}

}  // namespace

void AddThresholdSetRoutes(http::Router& router, Analyzer& analyzer) {
  router.Add("GET", kThresholdsPath, Guarded(analyzer, List));
  router.Add("PUT", kThresholdsPath, Guarded(analyzer, ReplaceSet));
  router.Add("POST", std::string(kThresholdsPath) + "/import", Guarded(analyzer, Import));
}

}  // namespace tidemark::api
