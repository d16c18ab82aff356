#pragma once

#include <map>
#include <string>

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// Those parts of the Prometheus HTTP API that tell of the server itself: Alertmanagers, configuration, what is in the
/// store. `flags`: of the command line, with their values.
void AddPrometheusStatusRoutes(http::Router& router, Analyzer& analyzer, std::map<std::string, std::string> flags);

}  // namespace tidemark::api
