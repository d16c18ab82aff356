#include "common/http/metrics_page.h"

namespace tidemark::http {

exposition::Format NegotiateFormat(std::string_view accept_header) {
  return Accepts(accept_header, "application/openmetrics-text") ? exposition::Format::kOpenMetrics
                                                                : exposition::Format::kText004;
}

Response MetricsPage(std::string body, exposition::Format format) {
  Response response;
  response.content_type = format == exposition::Format::kOpenMetrics ? exposition::kOpenMetricsContentType
                                                                     : exposition::kText004ContentType;
  response.body = std::move(body);
  return response;
}

}  // namespace tidemark::http
