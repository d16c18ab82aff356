#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

inline constexpr const char* kThresholdsPath = "/api/v1/performance/thresholds";

/// /api/v1/performance/thresholds: creating one, and everything below {name}. `analyzer` outlives the router.
void AddThresholdRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
