#pragma once

#include "analyzer/analyzer.h"
#include "common/http/router.h"

namespace tidemark::api {

/// POST /api/v1/write, the remote write 1.0 receiver, and POST /api/v1/admin/snapshot.
void AddStorageRoutes(http::Router& router, Analyzer& analyzer);

}  // namespace tidemark::api
