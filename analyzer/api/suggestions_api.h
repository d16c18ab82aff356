#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// GET /api/v1/performance/suggestions: thresholds proposed from what was seen.
void AddSuggestionRoute(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
