#include "analyzer/api/prometheus_json.h"

#include <algorithm>

#include "common/json_values.h"
#include "common/plain_text.h"
#include "common/utf8.h"

namespace tidemark::api {
namespace {

/// Labels that need no escapes: the text grows once, and each part is copied to its place.
void AppendPlainLabels(std::string& out, const storage::Labels& labels, size_t text_bytes) {
  constexpr size_t kAroundLabel = std::string_view(R"(,"":"")").size();
  const size_t begin = out.size();
  out.resize(begin + labels.size() * kAroundLabel + text_bytes + 1);
  char* at = out.data() + begin;
  const auto append = [&at](std::string_view text) { at = std::ranges::copy(text, at).out; };
  char separator = '{';
  for (const auto& [name, value] : labels) {
    *at++ = separator;
    separator = ',';
    *at++ = '"';
    append(name);
    append(R"(":")");
    append(value);
    *at++ = '"';
  }
  *at = '}';
}

http::Response JsonText(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace

void AppendLabels(std::string& out, const storage::Labels& labels) {
  size_t text_bytes = 0;
  bool is_plain = !labels.empty();
  for (const auto& [name, value] : labels) {
    is_plain = is_plain && IsPlainText(name) && IsPlainText(value);
    text_bytes += name.size() + value.size();
  }
  if (is_plain) {
    AppendPlainLabels(out, labels, text_bytes);
    return;
  }
  char separator = '{';
  for (const auto& [name, value] : labels) {
    out += separator;
    separator = ',';
    AppendJsonString(out, name);
    out += ':';
    AppendJsonString(out, value);
  }
  out += labels.empty() ? "{}" : "}";
}

http::Response PrometheusSuccess(const std::function<void(std::string& out)>& append_data) {
  std::string body = "{\"status\":\"success\",\"data\":";
  append_data(body);
  body += '}';
  return JsonText(200, std::move(body));
}

http::Response PrometheusData(const ordered_json& data) {
  return PrometheusSuccess([&](std::string& out) { out += DumpJson(data); });
}

http::Response PrometheusError(int status, std::string_view type, std::string_view message) {
  std::string body = "{\"status\":\"error\",\"errorType\":";
  AppendJsonString(body, type);
  body += ",\"error\":";
  AppendJsonString(body, message);
  body += '}';
  return JsonText(status, std::move(body));
}

http::Response InvalidParameter(const std::string& name, const std::string& reason) {
  return PrometheusError(400, "bad_data", "invalid parameter \"" + name + "\": " + reason);
}

}  // namespace tidemark::api
