#include "exporter/services/service_monitor.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>

#include "common/file.h"
#include "common/text.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/system_bus.h"

namespace tidemark::exporter::services {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 20;

std::vector<ProcessPattern> Patterns(const std::vector<ServiceConfig>& services) {
  std::vector<ProcessPattern> patterns;
  for (const ServiceConfig& service : services) {
    if (service.process) patterns.push_back(*service.process);
  }
  return patterns;
}

/// When the host booted, in seconds since the epoch: process times count from there.
std::optional<double> BootTimeSeconds(const std::string& procfs) {
  std::string content;
  if (ReadFile(JoinPath(procfs, "stat"), kMaxFileBytes, content) != 0) return std::nullopt;
  procfs::Scanner scanner(content);
  while (scanner.NextLine()) {
    if (scanner.NextField() == "btime") return procfs::ParseDecimal(scanner.NextField());
  }
  return std::nullopt;
}

void Add(std::optional<double>& sum, const std::optional<double>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

}  // namespace

ServiceMonitor::ServiceMonitor(std::string procfs, const std::string& control_groups,
                               std::vector<ServiceConfig> services)
    : procfs_(std::move(procfs)), groups_(control_groups), finder_(procfs_, Patterns(services)) {
  size_t patterns = 0;
  for (ServiceConfig& config : services) {
    if (!config.HasProcesses()) continue;
    Service& service = services_.emplace_back();
    if (config.process) service.pattern = patterns++;
    service.group = config.cgroup;
    any_unit_ |= !config.systemd.empty();
    service.config = std::move(config);
  }
  any_pattern_ = patterns > 0;
}

void ServiceMonitor::TakeOver(ServiceMonitor& old) {
  for (Service& service : services_) {
    const auto same =
        std::ranges::find(old.services_, service.config.name, [](const Service& other) { return other.config.name; });
    if (same != old.services_.end()) service.counters = std::move(same->counters);
  }
}

/// State and control group of the units, where the system bus can be reached; the groups' names tell them else.
void ServiceMonitor::AskSystemd() {
  const auto now = std::chrono::steady_clock::now();
  if (!any_unit_ || now < next_bus_try_) return;
  for (Service& service : services_) service.systemd_state.clear();
  try {
    procfs::SystemBus bus(procfs::SystemBus::Service::kSystemd);
    std::map<std::string, procfs::SystemBus::Unit> units;
    for (procfs::SystemBus::Unit& unit : bus.Units()) units.emplace(unit.name, std::move(unit));
    for (Service& service : services_) {
      if (service.config.systemd.empty()) continue;
      const auto unit = units.find(service.config.systemd);
      // systemd forgets units that are at rest.
      service.systemd_state = unit != units.end() ? unit->second.active_state : "inactive";
      if (unit == units.end()) continue;
      const std::string group = bus.Text(unit->second.path, "Service", "ControlGroup").value_or("");
      if (!group.empty() && !groups_.Identity(group).empty()) service.group = group;
    }
  } catch (const std::runtime_error&) {
    // A bus that hangs would hold up every scrape.
    constexpr std::chrono::seconds kBetweenTries{60};
    next_bus_try_ = now + kBetweenTries;
  }
}

std::vector<pid_t> ServiceMonitor::Members(Service& service, const std::vector<std::vector<pid_t>>& found) const {
  const ServiceConfig& config = service.config;
  if (config.process) return found[service.pattern];
  if (!config.pid_file.empty()) {
    constexpr size_t kMaxPidFileBytes = 4096;
    std::string content;
    if (ReadFile(config.pid_file, kMaxPidFileBytes, content) != 0) return {};
    // PostgreSQL writes more lines below the number.
    const auto pid = procfs::ParseUnsigned(Trim(std::string_view(content).substr(0, content.find('\n'))));
    if (!pid || *pid == 0 || *pid > static_cast<uint64_t>(std::numeric_limits<pid_t>::max())) return {};
    return Descendants(procfs_, static_cast<pid_t>(*pid));
  }
  // systemd makes the group anew at each start, in the same place.
  if (!config.systemd.empty() && (service.group.empty() || groups_.Identity(service.group).empty()))
    service.group = groups_.GroupOfUnit(config.systemd);
  return service.group.empty() ? std::vector<pid_t>{} : groups_.Processes(service.group);
}

void ServiceMonitor::AddProcesses(Service& service, const std::vector<pid_t>& pids, ServiceUsage& usage) const {
  std::optional<ProcessId> oldest;
  service.counters.process_sums.Begin();
  service.counters.switch_sums.Begin();
  for (const pid_t pid : pids) {
    const auto process = ReadProcessUsage(procfs_, pid);
    if (!process) continue;
    usage.processes += 1;
    usage.threads += process->stat.threads;
    usage.resident_bytes += process->stat.resident_bytes;
    usage.peak_resident_bytes += process->peak_resident_bytes;
    Add(usage.open_files, process->open_files);
    Add(usage.read_bytes, process->read_bytes);
    Add(usage.written_bytes, process->written_bytes);
    if (process->max_open_files) {
      usage.max_open_files =
          std::min(usage.max_open_files.value_or(*process->max_open_files), *process->max_open_files);
      if (process->open_files && *process->max_open_files > 0) {
        usage.open_files_ratio =
            std::max(usage.open_files_ratio.value_or(0), *process->open_files / *process->max_open_files);
      }
    }
    if (!process->open_files || !process->read_bytes) usage.unreadable_processes += 1;
    if (!oldest || process->stat.id.start_ticks < oldest->start_ticks) oldest = process->stat.id;
    service.counters.process_sums.Add(
        process->stat.id,
        {process->stat.user_seconds, process->stat.system_seconds, process->stat.minor_faults,
         process->stat.major_faults, process->read_bytes.value_or(0), process->written_bytes.value_or(0)});
    for (const ThreadSwitches& thread : process->switches)
      service.counters.switch_sums.Add({process->stat.id, thread.thread}, {thread.voluntary, thread.involuntary});
  }
  const auto [user, system, minor, major, read, written] = service.counters.process_sums.End();
  usage.user_seconds = user;
  usage.system_seconds = system;
  usage.minor_faults = minor;
  usage.major_faults = major;
  if (usage.read_bytes || usage.processes == 0) usage.read_bytes = read;
  if (usage.written_bytes || usage.processes == 0) usage.written_bytes = written;
  const auto [voluntary, involuntary] = service.counters.switch_sums.End();
  usage.voluntary_switches = voluntary;
  usage.involuntary_switches = involuntary;
  if (oldest) {
    if (service.counters.oldest && service.counters.oldest != oldest) service.counters.restarts += 1;
    service.counters.oldest = oldest;
    static const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (boot_time_seconds_)
      usage.start_time_seconds = *boot_time_seconds_ + static_cast<double>(oldest->start_ticks) / ticks_per_second;
  }
  usage.restarts = service.counters.restarts;
}

/// What the kernel counts for the group goes before the sums of its processes: it has those too that came and went
/// between two scrapes.
void ServiceMonitor::AddGroup(Service& service, ServiceUsage& usage) const {
  const std::string identity = service.group.empty() ? "" : groups_.Identity(service.group);
  const GroupUsage group = identity.empty() ? GroupUsage{} : groups_.Usage(service.group);
  service.counters.group_sums.Begin();
  if (!identity.empty()) {
    service.counters.group_sums.Add(identity, {group.user_seconds.value_or(0), group.system_seconds.value_or(0),
                                               group.read_bytes.value_or(0), group.written_bytes.value_or(0)});
  }
  const auto [user, system, read, written] = service.counters.group_sums.End();
  // Once it has been the group that counts, it stays so: the other sums may be smaller.
  service.counters.group_counts_cpu |= group.user_seconds.has_value();
  service.counters.group_counts_io |= group.read_bytes.has_value();
  if (service.counters.group_counts_cpu) {
    usage.user_seconds = user;
    usage.system_seconds = system;
  }
  if (service.counters.group_counts_io) {
    usage.read_bytes = read;
    usage.written_bytes = written;
  }
  usage.group_memory_bytes = group.memory_bytes;
  usage.group_peak_memory_bytes = group.peak_memory_bytes;
  usage.pressures = group.pressures;
}

std::vector<ServiceUsage> ServiceMonitor::Measure() {
  const std::vector<std::vector<pid_t>> found = any_pattern_ ? finder_.Find() : std::vector<std::vector<pid_t>>{};
  AskSystemd();
  boot_time_seconds_ = BootTimeSeconds(procfs_);  // setting the clock moves it
  std::vector<ServiceUsage> usages;
  for (Service& service : services_) {
    ServiceUsage& usage = usages.emplace_back();
    usage.name = service.config.name;
    AddProcesses(service, Members(service, found), usage);
    if (!service.config.systemd.empty() || !service.config.cgroup.empty()) AddGroup(service, usage);
    usage.state = usage.processes > 0 ? "active" : "inactive";
    if (!service.systemd_state.empty()) usage.state = service.systemd_state;
  }
  return usages;
}

}  // namespace tidemark::exporter::services
