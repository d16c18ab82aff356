#pragma once

#include <string>

#include "analyzer/api/json_body.h"
#include "analyzer/thresholds/alert_evaluator.h"

namespace tidemark::api {

/// An alert, with links to its expression under `external_url` and the range of time that a chart of it would show.
ordered_json AlertJson(const thresholds::AlertView& view, const std::string& external_url, int64_t now_ms);

ordered_json AlertHistoryJson(const thresholds::AlertHistoryEntry& entry);

}  // namespace tidemark::api
