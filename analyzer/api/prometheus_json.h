#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/api/json_body.h"
#include "analyzer/storage/labels.h"
#include "common/http/message.h"

namespace tidemark::api {

/// {"status":"success","data":…} around the JSON text that `append_data` appends.
http::Response PrometheusSuccess(const std::function<void(std::string& out)>& append_data);

/// The same around a value; bytes that are no UTF-8 become U+FFFD.
http::Response PrometheusData(const ordered_json& data);

/// {"status":"error","errorType":…,"error":…}
http::Response PrometheusError(int status, std::string_view type, std::string_view message);

/// What is wrong with a request's parameter, with status 400.
http::Response InvalidParameter(const std::string& name, const std::string& reason);

/// A series' labels as a JSON object, appended.
void AppendLabels(std::string& out, const storage::Labels& labels);

}  // namespace tidemark::api
