#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// Prometheus's HTTP API (documentation "HTTP API", v1): query, query_range, labels, label/<name>/values, series,
/// targets, rules, status/buildinfo, with its shapes and errors. `analyzer` outlives the router.
void AddPrometheusRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
