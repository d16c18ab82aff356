#pragma once

#include "analyzer/analyzer.h"
#include "analyzer/storage/store_metrics.h"
#include "common/http/router.h"
#include "common/process_metrics.h"

namespace tidemark::api {

/// The dashboard's files, /metrics about the analyzer itself, /-/healthy, /-/ready and /-/reload.
class Pages {
 public:
  explicit Pages(Analyzer& analyzer) : analyzer_(analyzer), store_metrics_(analyzer.store()) {}

  /// The pages and the analyzer outlive the router.
  void AddRoutes(http::Router& router);

 private:
  http::Response Metrics(const http::Request& request) const;

  Analyzer& analyzer_;
  ProcessMetrics process_metrics_;
  storage::StoreMetrics store_metrics_;
};

}  // namespace tidemark::api
