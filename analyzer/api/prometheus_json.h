#pragma once

#include <string>
#include <string_view>

#include "analyzer/api/json_body.h"
#include "analyzer/promql/engine.h"
#include "common/http/message.h"

namespace tidemark::api {

/// {"status":"success","data":…} around JSON text that is ready.
http::Response PrometheusSuccess(std::string_view data_json);

/// The same around a value; bytes that are no UTF-8 become U+FFFD.
http::Response PrometheusData(const ordered_json& data);

/// {"status":"error","errorType":…,"error":…}
http::Response PrometheusError(int status, std::string_view type, std::string_view message);

/// What is wrong with a request's parameter, with status 400.
http::Response InvalidParameter(const std::string& name, const std::string& reason);

/// {"resultType":…,"result":[…]}, with numbers and times as Prometheus writes them.
std::string QueryResultJson(const promql::QueryResult& result);

/// A series' labels as a JSON object, appended.
void AppendLabels(std::string& out, const storage::Labels& labels);

}  // namespace tidemark::api
