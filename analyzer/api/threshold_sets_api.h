#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// GET and PUT /api/v1/performance/thresholds, POST …/import: lists, exports and bulk changes.
void AddThresholdSetRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
