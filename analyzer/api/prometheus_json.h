#pragma once

#include <string>
#include <string_view>

#include "analyzer/promql/engine.h"
#include "common/http/message.h"

namespace tidemark::api {

/// {"status":"success","data":…} around JSON text that is ready.
http::Response PrometheusSuccess(std::string_view data_json);

/// {"status":"error","errorType":…,"error":…}
http::Response PrometheusError(int status, std::string_view type, std::string_view message);

/// {"resultType":…,"result":[…]}, with numbers and times as Prometheus writes them.
std::string QueryResultJson(const promql::QueryResult& result);

/// A series' labels as a JSON object, appended.
void AppendLabels(std::string& out, const storage::Labels& labels);

}  // namespace tidemark::api
