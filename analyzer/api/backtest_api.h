#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// POST /api/v1/performance/backtest: what a threshold, saved or not, would have done. `analyzer` outlives the router.
void AddBacktestRoute(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
