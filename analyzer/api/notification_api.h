#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// /api/v1/performance/silences and /receivers.
void AddNotificationRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
