// Written by hand, not through a JSON tree: a range query may have millions of values.

#include "analyzer/api/prometheus_json.h"

#include "common/number_format.h"
#include "common/utf8.h"

namespace tidemark::api {
namespace {

/// Milliseconds as seconds: 1500 -> 1.500, 2000 -> 2.
void AppendTimestamp(std::string& out, int64_t timestamp_ms) {
  if (timestamp_ms < 0) {
    out += '-';
    timestamp_ms = -timestamp_ms;
  }
  out += std::to_string(timestamp_ms / 1000);
  if (const int64_t fraction = timestamp_ms % 1000; fraction != 0) {
    const std::string digits = std::to_string(fraction);
    out += '.';
    out.append(3 - digits.size(), '0');
    out += digits;
  }
}

void AppendSample(std::string& out, const storage::Sample& sample) {
  out += '[';
  AppendTimestamp(out, sample.timestamp_ms);
  out += ",\"";
  AppendApiFloat(out, sample.value);
  out += "\"]";
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

http::Response JsonText(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace

void AppendLabels(std::string& out, const storage::Labels& labels) {
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

http::Response PrometheusSuccess(std::string_view data_json) {
  std::string body = "{\"status\":\"success\",\"data\":";
  body += data_json;
  body += '}';
  return JsonText(200, std::move(body));
}

http::Response PrometheusData(const ordered_json& data) {
  return PrometheusSuccess(data.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
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

std::string QueryResultJson(const promql::QueryResult& result) {
  std::string out;
  switch (result.type) {
    case promql::ValueType::kScalar:
      out = "{\"resultType\":\"scalar\",\"result\":";
      AppendSample(out, result.scalar);
      break;
    case promql::ValueType::kString:
      out = "{\"resultType\":\"string\",\"result\":[";
      AppendTimestamp(out, result.scalar.timestamp_ms);
      out += ',';
      AppendJsonString(out, result.text);
      out += ']';
      break;
    default: {
      const bool single = result.type == promql::ValueType::kVector;
      out = std::string("{\"resultType\":\"") + (single ? "vector" : "matrix") + "\",\"result\":[";
      for (size_t i = 0; i < result.series.size(); ++i) {
        if (i > 0) out += ',';
        AppendSeries(out, result.series[i], single);
      }
      out += ']';
    }
  }
  out += '}';
  return out;
}

}  // namespace tidemark::api
