#include "exporter/metrics_endpoint.h"

#include <algorithm>
#include <array>

#include "common/http/admission.h"
#include "common/http/metrics_page.h"
#include "common/version.h"
#include "exporter/services/target_groups.h"

namespace tidemark::exporter {
namespace {

std::string ReadTargets(const std::string& path) {
  return services::TargetGroups(path.empty() ? std::vector<services::ServiceConfig>{}
                                             : services::ReadServiceConfig(path));
}

void WriteBuildInfo(exposition::Writer& writer) {
  writer.Family("node_exporter_build_info",
                "A metric with a constant '1' value labeled by version, revision, branch, goversion from which "
                "node_exporter was built, and the goos and goarch for the build.",
                exposition::MetricType::kGauge);
  // Under node_exporter's name, since its dashboards join on it; the values say which program answers.
  writer.Sample({{"branch", "tidemark"},
                 {"goarch", ""},
                 {"goos", "linux"},
                 {"goversion", ""},
                 {"revision", "tidemark"},
                 {"version", kVersion}},
                1);
}

}  // namespace

MetricsEndpoint::MetricsEndpoint(CollectorSet& collectors, const Options& options)
    : collectors_(collectors),
      telemetry_path_(options.telemetry_path),
      with_exporter_metrics_(!options.disable_exporter_metrics),
      max_requests_(options.max_requests),
      config_file_(options.flag_values.at("config.file")),
      targets_json_(ReadTargets(config_file_)) {}

void MetricsEndpoint::Reload() {
  std::string targets = ReadTargets(config_file_);
  const std::lock_guard lock(targets_mutex_);
  targets_json_ = std::move(targets);
}

void MetricsEndpoint::AfterFirstPages(uint64_t count, std::function<void()> action) {
  first_pages_ = count;
  after_first_pages_ = std::move(action);
}

void MetricsEndpoint::AddRoutes(http::Router& router) {
  router.Get(telemetry_path_, [this](const http::Request& request) { return Metrics(request); });
  if (telemetry_path_ != "/") {
    router.Get("/", [this](const http::Request&) { return LandingPage(); });
  }
  router.Get("/api/v1/targets", [this](const http::Request&) { return Targets(); });
  for (const char* path : {"/-/healthy", "/-/ready"}) {
    router.Get(path, [](const http::Request&) { return http::Response{.body = "Tidemark exporter is up.\n"}; });
  }
}

http::Response MetricsEndpoint::Metrics(const http::Request& request) {
  const std::vector<std::string> wanted = request.Params("collect[]");
  const std::vector<std::string> unwanted = request.Params("exclude[]");
  for (const auto* list : {&wanted, &unwanted}) {
    for (const std::string& name : *list) {
      if (collectors_.Contains(name)) continue;
      requests_bad_.Increment();
      return {.status = 400, .body = "collector \"" + name + "\" does not exist or is not enabled\n"};
    }
  }
  const http::Admission admission(running_, max_requests_);
  if (!admission.admitted()) {
    requests_busy_.Increment();
    return {.status = 503,
            .body = "Limit of concurrent requests reached (" + std::to_string(max_requests_) +
                    "), try again later (raise --web.max-requests if this is wanted).\n"};
  }
  http::Response response = MakePage(request, collectors_.Select(wanted, unwanted));
  requests_ok_.Increment();
  if (++pages_made_ == first_pages_) after_first_pages_();
  return response;
}

http::Response MetricsEndpoint::MakePage(const http::Request& request, const CollectorSet::Selection& selection) {
  const exposition::Format format = http::NegotiateFormat(request.Header("accept"));
  std::string key = format == exposition::Format::kOpenMetrics ? "openmetrics " : "text ";
  if (http::Accepts(request.Header("accept-encoding"), "gzip")) key += "gzip ";
  for (const bool is_selected : selection) key += is_selected ? '1' : '0';
  return pages_.Do(key, [&] {
    std::string text;
    text.reserve(size_t{64} * 1024);
    exposition::Writer writer(format, text);
    // Before the collectors', so that files of metrics, which are the last of those, cannot repeat them.
    const auto write_own = [&](exposition::Writer& own) {
      if (!with_exporter_metrics_) return;
      WriteBuildInfo(own);
      process_metrics_.Write(own);
      WriteRequests(own);
    };
    collectors_.WritePage(selection, writer, write_own);
    writer.Finish();
    http::Response response = http::MetricsPage(std::move(text), format);
    http::Compress(request, response, &gzip_codes_);
    return response;
  });
}

/// By prometheus-cpp's counters, but not by its registry, which copies all names and helps at each page.
void MetricsEndpoint::WriteRequests(exposition::Writer& writer) const {
  writer.Family("promhttp_metric_handler_requests_in_flight", "Current number of scrapes being served.",
                exposition::MetricType::kGauge);
  writer.Sample({}, running_);
  writer.Family("promhttp_metric_handler_requests_total", "Total number of scrapes by HTTP status code.",
                exposition::MetricType::kCounter);
  const auto write = [&](std::string_view code, const prometheus::Counter& requests) {
    writer.Sample({{"code", code}}, requests.Value());
    writer.Created(std::array{exposition::Label{"code", code}}, process_metrics_.start_time_seconds());
  };
  write("200", requests_ok_);
  write("400", requests_bad_);
  write("503", requests_busy_);
}

/// For http_sd_configs.
http::Response MetricsEndpoint::Targets() const {
  http::Response response;
  response.content_type = "application/json";
  const std::lock_guard lock(targets_mutex_);
  response.body = targets_json_;
  return response;
}

http::Response MetricsEndpoint::LandingPage() const {
  std::string collectors;
  for (const std::string& name : collectors_.Names()) {
    if (!collectors.empty()) collectors += ", ";
    collectors += name;
  }
  http::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Tidemark exporter</title></head>
<body>
<h1>Tidemark exporter</h1>
<p>Version )" + std::string(kVersion) +
                  R"(. Host metrics in the Prometheus format, a drop-in for node_exporter.</p>
<p><a href=")" + telemetry_path_ +
                  R"(">Metrics</a></p>
<p>Enabled collectors: )" +
                  collectors + R"(. Scrape some of them with <code>?collect[]=cpu&amp;collect[]=meminfo</code>,
all but some with <code>?exclude[]=diskstats</code>.</p>
</body>
</html>
)";
  return response;
}

}  // namespace tidemark::exporter
