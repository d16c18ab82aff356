#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// GET /federate: the newest samples of the series that match[] selects, for another Prometheus to scrape.
void AddFederateRoute(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
