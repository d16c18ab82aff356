#include "analyzer/scrape/page_fetch.h"

#include "common/number_format.h"

namespace tidemark::scrape {

FetchResult Fetch(const Target& target, HttpConnection& connection, Watchdog& watchdog) {
  std::string timeout_seconds;
  AppendGoFloat(timeout_seconds, static_cast<double>(target.scrape_timeout_ms) / 1000);
  const HttpRequest request{
      .path_and_query = target.path_and_query,
      .headers = {{"Accept",
                   "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"},
                  {"X-Prometheus-Scrape-Timeout-Seconds", timeout_seconds}},
      .timeout = std::chrono::milliseconds(target.scrape_timeout_ms),
      .max_body_bytes = target.job->body_size_limit};
  HttpAnswer answer = connection.Get(request, watchdog);
  FetchResult result{.error = std::move(answer.error), .body = std::move(answer.body), .format = {}};
  if (answer.content_type.starts_with("application/openmetrics-text")) result.format = exposition::Format::kOpenMetrics;
  return result;
}

}  // namespace tidemark::scrape
