#pragma once

#include <vector>

#include "analyzer/analyzer.h"
#include "analyzer/api/json_body.h"

namespace tidemark::api {

/// Alerts, each with links to its expression, the range of time that a chart of it would show, who looks after it, and
/// why receivers are not told of it.
ordered_json AlertsJson(const Analyzer& analyzer, const std::vector<thresholds::AlertView>& views);

ordered_json AlertHistoryJson(const thresholds::AlertHistoryEntry& entry);

}  // namespace tidemark::api
