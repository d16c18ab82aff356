#pragma once

#include <prometheus/counter.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "common/http/gzip.h"
#include "common/http/router.h"
#include "common/process_metrics.h"
#include "common/single_flight.h"
#include "exporter/collector_set.h"
#include "exporter/options.h"

namespace tidemark::exporter {

/// The exporter's pages: metrics, landing page, health. Handlers may run on several threads at once.
class MetricsEndpoint {
 public:
  /// `collectors` must outlive the endpoint. \throw config::ConfigError
  MetricsEndpoint(CollectorSet& collectors, const Options& options);

  /// Reads the services that have metrics of their own again. \throw config::ConfigError
  void Reload();

  /// Calls `action` once, when so many pages have been made. To be set before there is a server.
  void AfterFirstPages(uint64_t count, std::function<void()> action);

  /// Adds the routes; the endpoint must outlive the router's server.
  void AddRoutes(http::Router& router);

 private:
  http::Response Metrics(const http::Request& request);
  http::Response MakePage(const http::Request& request, const CollectorSet::Selection& selection);
  void WriteRequests(exposition::Writer& writer) const;
  http::Response LandingPage() const;
  http::Response Targets() const;

  CollectorSet& collectors_;
  const std::string telemetry_path_;
  const bool with_exporter_metrics_;
  const unsigned max_requests_;
  const std::string config_file_;
  mutable std::mutex targets_mutex_;  // guards the next
  std::string targets_json_;
  std::atomic<unsigned> running_ = 0;
  std::atomic<uint64_t> pages_made_ = 0;
  uint64_t first_pages_ = 0;
  std::function<void()> after_first_pages_;
  SingleFlight<http::Response> pages_;  // two servers that scrape at the same time get the same page
  http::GzipCodes gzip_codes_;
  ProcessMetrics process_metrics_;
  prometheus::Counter requests_ok_;
  prometheus::Counter requests_bad_;
  prometheus::Counter requests_busy_;
};

}  // namespace tidemark::exporter
