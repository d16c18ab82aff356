#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// GET /api/v1/performance/alerts and …/alerts/history; POST and DELETE …/alerts/{id}/ack.
void AddAlertRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
