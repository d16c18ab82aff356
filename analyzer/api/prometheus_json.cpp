// Written by hand, not through a JSON tree: a range query may have millions of values.

#include "analyzer/api/prometheus_json.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json_values.h"
#include "common/number_format.h"
#include "common/plain_text.h"
#include "common/utf8.h"

namespace tidemark::api {
namespace {

constexpr size_t kTimestampRoom = 32;

/// Milliseconds as seconds: 1500 -> 1.500, 2000 -> 2. Returns the end of what it wrote.
char* WriteTimestamp(char* at, int64_t timestamp_ms) {
  char* const end = at + kTimestampRoom;
  if (timestamp_ms < 0) {
    *at++ = '-';
    timestamp_ms = -timestamp_ms;
  }
  at = std::to_chars(at, end, timestamp_ms / 1000).ptr;
  if (const auto fraction = static_cast<int>(timestamp_ms % 1000); fraction != 0) {
    *at++ = '.';
    for (const int unit : {100, 10, 1}) *at++ = static_cast<char>('0' + fraction / unit % 10);
  }
  return at;
}

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

/// [1700000000,"1.5"], put together before it is appended: an answer may have a million of them.
void AppendSample(std::string& out, const storage::Sample& sample) {
  std::array<char, kTimestampRoom + kFloatRoom + 8> text;
  char* at = text.data();
  *at++ = '[';
  at = WriteTimestamp(at, sample.timestamp_ms);
  *at++ = ',';
  *at++ = '"';
  at = WriteApiFloat(at, sample.value);
  *at++ = '"';
  *at++ = ']';
  out.append(text.data(), static_cast<size_t>(at - text.data()));
}

void AppendSeries(std::string& out, const storage::SeriesSamples& series, bool single) {
  out += "{\"metric\":";
  AppendLabels(out, series.labels);
  if (single) {
    out += ",\"value\":";
    AppendSample(out, series.samples.front());
  } else {
    out += ",\"values\":[";
    for (size_t i = 0; i < series.samples.size(); ++i) {
      if (i > 0) out += ',';
      AppendSample(out, series.samples[i]);
    }
    out += ']';
  }
  out += '}';
}

/// Room for what the series may take, so that a large answer is not moved from one place to another while it grows. Of
/// large memory what is not written to costs nothing.
void ReserveFor(const promql::QueryResult& result, std::string& out) {
  constexpr size_t kSampleBytes = std::string_view(R"([1700000000.123,"0.12345678901234567"],)").size();
  constexpr size_t kSeriesBytes = 48;
  size_t bytes = out.size();
  for (const storage::SeriesSamples& series : result.series) {
    bytes += kSeriesBytes + series.samples.size() * kSampleBytes;
    for (const auto& [name, value] : series.labels) bytes += name.size() + value.size() + 6;
  }
  out.reserve(bytes);
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

void AppendQueryResult(std::string& out, promql::QueryResult&& result) {
  switch (result.type) {
    case promql::ValueType::kScalar:
      out += "{\"resultType\":\"scalar\",\"result\":";
      AppendSample(out, result.scalar);
      break;
    case promql::ValueType::kString: {
      std::array<char, kTimestampRoom> time;
      out += "{\"resultType\":\"string\",\"result\":[";
      out.append(time.data(), WriteTimestamp(time.data(), result.scalar.timestamp_ms));
      out += ',';
      AppendJsonString(out, result.text);
      out += ']';
      break;
    }
    default: {
      const bool single = result.type == promql::ValueType::kVector;
      ReserveFor(result, out);
      out += std::string("{\"resultType\":\"") + (single ? "vector" : "matrix") + "\",\"result\":[";
      for (size_t i = 0; i < result.series.size(); ++i) {
        if (i > 0) out += ',';
        AppendSeries(out, result.series[i], single);
        result.series[i] = {};
      }
      out += ']';
    }
  }
  out += '}';
}

}  // namespace tidemark::api
