#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// /api/v1/performance/ metrics, health, trends, regressions, baselines, report, events. `analyzer` outlives the
/// router.
void AddPerformanceRoutes(http::Router& router, Analyzer& analyzer);

/// The channel that GET events listens to (http::Server::Publish).
inline constexpr const char* kEventChannel = "performance";

}  // namespace tidemark::api
