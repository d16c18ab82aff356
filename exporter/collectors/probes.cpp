// Probes of services that a configuration file names: the newest results and how old they are, under the names of
// blackbox_exporter. They run on their own schedule.

#include <optional>
#include <span>

#include "exporter/collector.h"
#include "exporter/probes/probe_scheduler.h"
#include "exporter/services/service_config.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;
using probes::ProbeConfig;
using probes::ProbeResult;
using probes::ProbeScheduler;

constexpr const char* kConfigFile = "config.file";  // the services collector's flag

struct Metric {
  const char* name;
  const char* help;
  std::optional<double> ProbeResult::*value;
};
constexpr Metric kMetrics[] = {
    {"probe_http_status_code", "Response HTTP status code", &ProbeResult::http_status_code},
    {"probe_http_redirects", "The number of redirects", &ProbeResult::http_redirects},
    {"probe_http_version", "Returns the version of HTTP of the probe response", &ProbeResult::http_version},
    {"probe_http_uncompressed_body_length", "Length of uncompressed response body", &ProbeResult::http_body_bytes},
    {"probe_http_ssl", "Indicates if SSL was used for the final redirect", &ProbeResult::is_ssl},
    {"probe_failed_due_to_regex", "Indicates if probe failed due to regex", &ProbeResult::failed_due_to_regex},
    {"probe_ssl_earliest_cert_expiry", "Returns earliest SSL cert expiry in unixtime",
     &ProbeResult::cert_expiry_seconds},
    {"probe_dns_rcode", "Response code of the name server's answer", &ProbeResult::dns_rcode},
    {"probe_dns_answer_rrs", "Returns number of entries in the answer resource record list", &ProbeResult::dns_answers},
};

std::vector<ProbeScheduler::Entry> ReadProbes(const CollectorContext& context) {
  const std::string& path = context.Flag(kConfigFile);
  if (path.empty()) throw std::invalid_argument("--collector.probes needs --config.file, which names the probes");
  std::vector<ProbeScheduler::Entry> entries;
  for (const services::ServiceConfig& service : services::ReadServiceConfig(path)) {
    for (const ProbeConfig& probe : service.probes) entries.push_back({service.name, probe});
  }
  return entries;
}

class ProbesCollector final : public Collector {
 public:
  explicit ProbesCollector(const CollectorContext& context) : scheduler_(ReadProbes(context), context.logger) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    states_ = scheduler_.States();
    Write(writer, "probe_success", "Displays whether or not the probe was a success",
          [](const ProbeScheduler::State& state) { return std::optional<double>(state.result->success ? 1 : 0); });
    Write(writer, "probe_duration_seconds", "Returns how long the probe took to complete in seconds",
          [](const ProbeScheduler::State& state) { return std::optional<double>(state.result->duration_seconds); });
    Write(writer, "probe_age_seconds", "Time since the probe's newest run ended",
          [](const ProbeScheduler::State& state) { return std::optional<double>(state.age_seconds); });
    for (const Metric& metric : kMetrics) {
      Write(writer, metric.name, metric.help,
            [&](const ProbeScheduler::State& state) { return (*state.result).*metric.value; });
    }
    WritePhases(writer, ProbeConfig::Prober::kHttp, "probe_http_duration_seconds",
                "Duration of http request by phase, summed over all redirects");
    WritePhases(writer, ProbeConfig::Prober::kIcmp, "probe_icmp_duration_seconds", "Duration of icmp request by phase");
    return CollectStatus::Ok();
  }

 private:
  /// A family with one sample for each probe that has run and of which value(state) is known.
  template <typename F>
  void Write(exposition::Writer& writer, const char* name, const char* help, F&& value) const {
    bool started = false;
    for (size_t i = 0; i < states_.size(); ++i) {
      const std::optional<double> known = states_[i].result ? value(states_[i]) : std::nullopt;
      if (!known) continue;
      if (!started) writer.Family(name, help, MetricType::kGauge);
      started = true;
      const ProbeScheduler::Entry& entry = scheduler_.entries()[i];
      writer.Sample({{"prober", probes::ProberName(entry.probe.prober)},
                     {"service", entry.service},
                     {"target", entry.probe.target}},
                    *known);
    }
  }

  void WritePhases(exposition::Writer& writer, ProbeConfig::Prober prober, const char* name, const char* help) const {
    bool started = false;
    for (size_t i = 0; i < states_.size(); ++i) {
      const ProbeScheduler::Entry& entry = scheduler_.entries()[i];
      if (entry.probe.prober != prober || !states_[i].result) continue;
      for (const auto& [phase, seconds] : states_[i].result->phases) {
        if (!started) writer.Family(name, help, MetricType::kGauge);
        started = true;
        writer.Sample({{"phase", phase},
                       {"prober", probes::ProberName(prober)},
                       {"service", entry.service},
                       {"target", entry.probe.target}},
                      seconds);
      }
    }
  }

  ProbeScheduler scheduler_;
  std::vector<ProbeScheduler::State> states_;
};

TIDEMARK_COLLECTOR(probes, {.name = "probes",
                            .enabled_by_default = false,
                            .flags = {},
                            .create = Create<ProbesCollector>,
                            .enabling_flag = kConfigFile});

}  // namespace
}  // namespace tidemark::exporter
