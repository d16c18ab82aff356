#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// Types, help and units of metrics, from the pages of the targets (Prometheus HTTP API).
void AddPrometheusMetadataRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
