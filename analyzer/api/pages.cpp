#include "analyzer/api/pages.h"

#include "analyzer/web/assets.h"
#include "common/exposition/registry_output.h"
#include "common/http/metrics_page.h"
#include "common/http/problem.h"
#include "common/version.h"

namespace tidemark::api {

http::Response Pages::Metrics(const http::Request& request) const {
  const exposition::Format format = http::NegotiateFormat(request.Header("accept"));
  std::string page;
  exposition::Writer writer(format, page);
  writer.Family("tidemark_build_info", "A metric with a constant '1' value labeled by version.",
                exposition::MetricType::kGauge);
  writer.Sample({{"version", kVersion}}, 1);
  process_metrics_.Write(writer);
  exposition::WriteFamilies(store_metrics_.Collect(), process_metrics_.start_time_seconds(), writer);
  exposition::WriteFamilies(analyzer_.registry().Collect(), process_metrics_.start_time_seconds(), writer);
  writer.Finish();
  return http::MetricsPage(std::move(page), format);
}

void Pages::AddRoutes(http::Router& router) {
  for (const web::Asset& asset : web::Assets()) {
    router.Get(asset.path, [&asset](const http::Request&) {
      http::Response response{.body = std::string(asset.content)};
      response.content_type = asset.content_type;
      response.headers.emplace_back("Cache-Control", "no-cache");
      // The page loads nothing from elsewhere; the browser holds it to that.
      response.headers.emplace_back("Content-Security-Policy",
                                    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
      response.headers.emplace_back("X-Content-Type-Options", "nosniff");
      return response;
    });
  }
  router.Get("/metrics", [this](const http::Request& request) { return Metrics(request); });
  router.Get("/-/healthy", [](const http::Request&) { return http::Response{.body = "Tidemark analyzer is up.\n"}; });
  router.Get("/-/ready", [this](const http::Request&) {
    return analyzer_.ready() ? http::Response{.body = "Tidemark analyzer is ready.\n"}
                             : http::Response{.status = 503, .body = "Tidemark analyzer is starting.\n"};
  });
  router.Add("POST", "/-/reload", [this](const http::Request&) {
    const std::string error = analyzer_.Reload();
    if (error.empty()) return http::Response{.body = ""};
    return http::Problem(422, "the configuration was not reloaded, the old one stays: " + error);
  });
}

}  // namespace tidemark::api
