#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// /api/v1/rules and /api/v1/alerts as Prometheus has them; among the alerts are also those of thresholds.
void AddPrometheusRuleRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
