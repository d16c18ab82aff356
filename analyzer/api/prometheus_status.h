#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// Those parts of the Prometheus HTTP API that tell of the server itself: alerts, Alertmanagers, what is in the store.
void AddPrometheusStatusRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
