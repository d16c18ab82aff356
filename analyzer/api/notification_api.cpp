#include "analyzer/api/notification_api.h"

#include "analyzer/api/guarded.h"
#include "analyzer/api/json_body.h"
#include "analyzer/api/query_params.h"
#include "analyzer/api/threshold_json.h"
#include "common/http/problem.h"
#include "common/json_values.h"
#include "common/timestamp.h"

namespace tidemark::api {
namespace {

constexpr const char* kSilencesPath = "/api/v1/performance/silences";
constexpr const char* kReceiversPath = "/api/v1/performance/receivers";

http::Response NoSuchSilence(const std::string& id) {
  return http::Problem(404, "there is no silence \"" + id + "\"", {{"/id", "is unknown"}});
}

http::Response ListSilences(Analyzer& analyzer, const http::Request& request) {
  const std::string state = request.Param("state").value_or("");
  const int64_t now_ms = analyzer.clock().NowMs();
  constexpr std::array<const char*, 5> kStates{"", "pending", "active", "waiting", "expired"};
  if (std::ranges::find(kStates, state) == kStates.end()) {
    return BadParameters({{"/state", "must be pending, active, waiting or expired"}});
  }
  ordered_json list = ordered_json::array();
  for (const notify::Silence& silence : analyzer.silences().List()) {
    if (state.empty() || state == silence.StatusAt(now_ms)) list.push_back(notify::ToJson(silence, now_ms));
  }
  return JsonResponse({{"silences", list}});
}

http::Response PostSilence(Analyzer& analyzer, const http::Request& request) {
  const JsonBody body = ParseJsonBody(request);
  if (body.problem) return *body.problem;
  const int64_t now_ms = analyzer.clock().NowMs();
  notify::ParsedSilence parsed = notify::ParseSilence(body.value, now_ms);
  if (!parsed.errors.empty()) return InvalidBody("the silence is not valid", parsed.errors);
  notify::Silence& silence = parsed.silence;
  // Who is known by name is not somebody else.
  if (silence.created_by.empty() || !request.user.empty()) silence.created_by = AuthorOf(request);
  const bool is_new = silence.id.empty();
  switch (analyzer.silences().Put(silence, now_ms)) {
    case notify::Silences::Outcome::kUnknown:
      return NoSuchSilence(silence.id);
    case notify::Silences::Outcome::kFull:
      return http::Problem(507, "there are " + std::to_string(notify::Silences::kMaxSilences) +
                                    " silences; those that ended go after five days");
    case notify::Silences::Outcome::kDone:
      break;
  }
  http::Response response = JsonResponse(notify::ToJson(silence, now_ms), is_new ? 201 : 200);
  if (is_new) response.headers.emplace_back("Location", std::string(kSilencesPath) + "/" + silence.id);
  return response;
}

http::Response GetSilence(Analyzer& analyzer, const http::Request& request) {
  const std::optional<notify::Silence> silence = analyzer.silences().Get(request.path_values[0]);
  return silence ? JsonResponse(notify::ToJson(*silence, analyzer.clock().NowMs()))
                 : NoSuchSilence(request.path_values[0]);
}

http::Response ExpireSilence(Analyzer& analyzer, const http::Request& request) {
  const auto outcome = analyzer.silences().Expire(request.path_values[0], analyzer.clock().NowMs());
  if (outcome == notify::Silences::Outcome::kUnknown) return NoSuchSilence(request.path_values[0]);
  return {.status = 204, .body = ""};
}

http::Response ListReceivers(Analyzer& analyzer, const http::Request& /*request*/) {
  ordered_json list = ordered_json::array();
  for (const notify::Dispatcher::ReceiverStatus& receiver : analyzer.dispatcher().Receivers()) {
    ordered_json integrations = ordered_json::array();
    for (const notify::Delivery::Status& status : receiver.integrations) {
      integrations.push_back({{"name", status.integration},
                              {"waiting", status.waiting},
                              {"last_success", TimeOrNull(status.last_success_ms)},
                              {"last_failure", TimeOrNull(status.last_failure_ms)},
                              {"last_error", TextOrNull(status.last_error)}});
    }
    list.push_back({{"name", receiver.name}, {"integrations", integrations}, {"dead_letters", receiver.dead_letters}});
  }
  return JsonResponse({{"receivers", list}});
}

http::Response NoSuchReceiver(const std::string& name) {
  return http::Problem(
      404, "there is no receiver \"" + name + "\"; receivers are in alerting.receivers of the configuration");
}

http::Response TestReceiver(Analyzer& analyzer, const http::Request& request) {
  const std::string& name = request.path_values[0];
  if (!analyzer.dispatcher().HasReceiver(name)) return NoSuchReceiver(name);
  ordered_json results = ordered_json::array();
  bool all_went = true;
  for (const notify::Dispatcher::TestResult& result : analyzer.dispatcher().Test(name)) {
    all_went = all_went && result.error.empty();
    results.push_back({{"integration", result.integration},
                       {"delivered", result.error.empty()},
                       {"error", TextOrNull(result.error)}});
  }
  return JsonResponse({{"delivered", all_went}, {"integrations", results}});
}

http::Response DeadLetters(Analyzer& analyzer, const http::Request& request) {
  const Paging paging = ReadPaging(request, 100, notify::NotificationLog::kMaxDeadLetters);
  if (paging.problem) return *paging.problem;
  const std::string& name = request.path_values[0];
  const auto letters = analyzer.dispatcher().log().DeadLetters(name, paging.before, paging.limit);
  if (letters.empty() && !analyzer.dispatcher().HasReceiver(name)) return NoSuchReceiver(name);
  ordered_json list = ordered_json::array();
  for (const notify::DeadLetter& letter : letters) {
    list.push_back({{"id", letter.id},
                    {"at", FormatRfc3339(letter.at_ms)},
                    {"integration", letter.integration},
                    {"error", letter.error},
                    {"notification", ordered_json::parse(letter.body, nullptr, false)}});
  }
  ordered_json answer = {{"dead_letters", list}};
  if (letters.size() == paging.limit) answer["next_cursor"] = std::to_string(letters.back().id);
  return JsonResponse(answer);
}

}  // namespace

void AddNotificationRoutes(http::Router& router, Analyzer& analyzer) {
  const auto add = [&](const char* method, const std::string& path, auto handler) {
    router.Add(method, path, Guarded(analyzer, handler));
  };
  add("GET", kSilencesPath, ListSilences);
  add("POST", kSilencesPath, PostSilence);
  add("GET", std::string(kSilencesPath) + "/{id}", GetSilence);
  add("DELETE", std::string(kSilencesPath) + "/{id}", ExpireSilence);
  add("GET", kReceiversPath, ListReceivers);
  add("POST", std::string(kReceiversPath) + "/{name}/test", TestReceiver);
  add("GET", std::string(kReceiversPath) + "/{name}/dead-letters", DeadLetters);
}

}  // namespace tidemark::api
