// Services that a configuration file names, found as systemd units, control groups, processes or by their pid files:
// what they use, and whether they run.

#include <array>
#include <stdexcept>

#include "exporter/collector.h"
#include "exporter/services/service_monitor.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;
using services::ServiceUsage;

constexpr const char* kConfigFile = "config.file";

constexpr FlagSpec kFlags[] = {
    {kConfigFile, "", "YAML file that names the services to watch; enables the services collector"},
};

/// A metric with one sample for each service, in the manner of process_cpu_seconds_total and its like.
struct Metric {
  const char* name;
  const char* help;
  MetricType type;
  double ServiceUsage::*value;
};
constexpr Metric kMetrics[] = {
    {"tidemark_service_processes", "Processes that belong to the service.", MetricType::kGauge,
     &ServiceUsage::processes},
    {"tidemark_service_threads", "Threads of the service's processes.", MetricType::kGauge, &ServiceUsage::threads},
    {"tidemark_service_resident_memory_bytes", "Resident memory of the service's processes, added up.",
     MetricType::kGauge, &ServiceUsage::resident_bytes},
    {"tidemark_service_peak_resident_memory_bytes",
     "The most resident memory that each of the service's processes has had, added up.", MetricType::kGauge,
     &ServiceUsage::peak_resident_bytes},
    {"tidemark_service_restarts_total", "How often another process has become the service's oldest one.",
     MetricType::kCounter, &ServiceUsage::restarts},
    {"tidemark_service_unreadable_processes",
     "Processes of which the exporter may not read descriptors or bytes: it needs CAP_SYS_PTRACE and "
     "CAP_DAC_READ_SEARCH for those of other users.",
     MetricType::kGauge, &ServiceUsage::unreadable_processes},
};

/// The same for what may not be known.
struct OptionalMetric {
  const char* name;
  const char* help;
  MetricType type;
  std::optional<double> ServiceUsage::*value;
};
constexpr OptionalMetric kOptionalMetrics[] = {
    {"tidemark_service_open_fds", "Open file descriptors of the service's processes, added up.", MetricType::kGauge,
     &ServiceUsage::open_files},
    {"tidemark_service_max_fds", "The smallest limit of open file descriptors among the service's processes.",
     MetricType::kGauge, &ServiceUsage::max_open_files},
    {"tidemark_service_fds_ratio",
     "Open file descriptors as a part of the limit, of the service's process that is nearest to it.",
     MetricType::kGauge, &ServiceUsage::open_files_ratio},
    {"tidemark_service_read_bytes_total", "Bytes that the service has read from block devices.", MetricType::kCounter,
     &ServiceUsage::read_bytes},
    {"tidemark_service_written_bytes_total", "Bytes that the service has written to block devices.",
     MetricType::kCounter, &ServiceUsage::written_bytes},
    {"tidemark_service_start_time_seconds", "When the service's oldest process started, since the epoch.",
     MetricType::kGauge, &ServiceUsage::start_time_seconds},
    {"tidemark_service_cgroup_memory_bytes", "Memory that the service's control group has, with the page cache.",
     MetricType::kGauge, &ServiceUsage::group_memory_bytes},
    {"tidemark_service_cgroup_peak_memory_bytes", "The most memory that the service's control group has had.",
     MetricType::kGauge, &ServiceUsage::group_peak_memory_bytes},
};

/// A counter of two parts, which a label tells apart.
struct DividedMetric {
  const char* name;
  const char* help;
  const char* label;
  const char* first_part;
  double ServiceUsage::*first;
  const char* second_part;
  double ServiceUsage::*second;
};
constexpr DividedMetric kDividedMetrics[] = {
    {"tidemark_service_cpu_seconds_total", "Time that the service has spent on CPUs.", "mode", "system",
     &ServiceUsage::system_seconds, "user", &ServiceUsage::user_seconds},
    {"tidemark_service_page_faults_total", "Page faults of the service; major ones waited for a disk.", "type", "major",
     &ServiceUsage::major_faults, "minor", &ServiceUsage::minor_faults},
    {"tidemark_service_context_switches_total",
     "Context switches of the service's threads; at voluntary ones they had to wait, at involuntary ones others were "
     "due.",
     "type", "involuntary", &ServiceUsage::involuntary_switches, "voluntary", &ServiceUsage::voluntary_switches},
};

std::vector<services::ServiceConfig> ReadConfig(const CollectorContext& context) {
  const std::string& path = context.Flag(kConfigFile);
  if (path.empty()) throw std::invalid_argument("--collector.services needs --config.file, which names the services");
  return services::ReadServiceConfig(path);
}

class ServicesCollector final : public Collector {
 public:
  explicit ServicesCollector(const CollectorContext& context)
      : monitor_(context.paths.procfs, context.paths.Sys("fs/cgroup"), ReadConfig(context)) {}

  void TakeOver(Collector& old) override { monitor_.TakeOver(static_cast<ServicesCollector&>(old).monitor_); }

  CollectStatus Collect(exposition::Writer& writer) override {
    const std::vector<ServiceUsage> usages = monitor_.Measure();
    if (usages.empty()) return CollectStatus::Ok();
    writer.Family("tidemark_service_state", "1 for the state that the service is in.", MetricType::kGauge);
    for (const ServiceUsage& usage : usages) {
      for (const char* state : {"active", "activating", "deactivating", "failed", "inactive"})
        writer.Sample({{"service", usage.name}, {"state", state}}, usage.state == state ? 1 : 0);
    }
    for (const Metric& metric : kMetrics) {
      writer.Family(metric.name, metric.help, metric.type);
      for (const ServiceUsage& usage : usages) writer.Sample({{"service", usage.name}}, usage.*metric.value);
    }
    for (const DividedMetric& metric : kDividedMetrics) {
      writer.Family(metric.name, metric.help, MetricType::kCounter);
      for (const ServiceUsage& usage : usages) {
        writer.Sample({{metric.label, metric.first_part}, {"service", usage.name}}, usage.*metric.first);
        writer.Sample({{metric.label, metric.second_part}, {"service", usage.name}}, usage.*metric.second);
      }
    }
    for (const OptionalMetric& metric : kOptionalMetrics) WriteOptional(metric, usages, writer);
    WritePressure("tidemark_service_pressure_waiting_seconds_total",
                  "Time in which some of the service's tasks waited for the resource.",
                  &services::GroupUsage::Pressure::waiting_seconds, usages, writer);
    WritePressure("tidemark_service_pressure_stalled_seconds_total",
                  "Time in which all of the service's tasks waited for the resource.",
                  &services::GroupUsage::Pressure::stalled_seconds, usages, writer);
    return CollectStatus::Ok();
  }

 private:
  static void WriteOptional(const OptionalMetric& metric, const std::vector<ServiceUsage>& usages,
                            exposition::Writer& writer) {
    bool started = false;
    for (const ServiceUsage& usage : usages) {
      if (!(usage.*metric.value)) continue;
      if (!started) writer.Family(metric.name, metric.help, metric.type);
      started = true;
      writer.Sample({{"service", usage.name}}, *(usage.*metric.value));
    }
  }

  static void WritePressure(const char* name, const char* help, double services::GroupUsage::Pressure::*value,
                            const std::vector<ServiceUsage>& usages, exposition::Writer& writer) {
    bool started = false;
    for (const ServiceUsage& usage : usages) {
      for (const services::GroupUsage::Pressure& pressure : usage.pressures) {
        if (!started) writer.Family(name, help, MetricType::kCounter);
        started = true;
        writer.Sample({{"resource", pressure.resource}, {"service", usage.name}}, pressure.*value);
      }
    }
  }

  services::ServiceMonitor monitor_;
};

TIDEMARK_COLLECTOR(services, {.name = "services",
                              .enabled_by_default = false,
                              .flags = kFlags,
                              .create = Create<ServicesCollector>,
                              .enabling_flag = kConfigFile});

}  // namespace
}  // namespace tidemark::exporter
