#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// /api/v1/performance/thresholds and /alerts. `analyzer` outlives the router.
void AddThresholdRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
