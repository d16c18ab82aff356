// Units of systemd and what state they are in, from the system bus (org.freedesktop.systemd1(5)).

#include <re2/re2.h>

#include <array>
#include <limits>
#include <map>
#include <memory>

#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/system_bus.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;
using procfs::SystemBus;

constexpr const char* kInclude = "collector.systemd.unit-include";
constexpr const char* kExclude = "collector.systemd.unit-exclude";
constexpr const char* kTasks = "collector.systemd.enable-task-metrics";
constexpr const char* kRestarts = "collector.systemd.enable-restarts-metrics";
constexpr const char* kStartTimes = "collector.systemd.enable-start-time-metrics";

constexpr const char* kPrivate = "collector.systemd.private";

constexpr FlagSpec kFlags[] = {
    {kInclude, ".+", "Regular expression of units to include; matches whole names", false, false,
     "collector.systemd.unit-whitelist"},
    {kExclude, ".+\\.(automount|device|mount|scope|slice)",
     "Regular expression of units to exclude, of those included; matches whole names", false, false,
     "collector.systemd.unit-blacklist"},
    {kPrivate, "false", "Ask systemd without a bus; needs root", true},
    {kTasks, "false", "Write node_systemd_unit_tasks_current and node_systemd_unit_tasks_max", true},
    {kRestarts, "false", "Write node_systemd_service_restart_total", true},
    {kStartTimes, "false", "Write node_systemd_unit_start_time_seconds", true},
};

constexpr std::array<const char*, 5> kStates{"active", "activating", "deactivating", "failed", "inactive"};
constexpr double kMicrosecondsPerSecond = 1e6;

class SystemdCollector final : public Collector {
 public:
  explicit SystemdCollector(const CollectorContext& context)
      : include_(context.Pattern(kInclude)),
        exclude_(context.Pattern(kExclude)),
        way_(context.Switch(kPrivate) ? SystemBus::Way::kPrivate : SystemBus::Way::kBus),
        with_tasks_(context.Switch(kTasks)),
        with_restarts_(context.Switch(kRestarts)),
        with_start_times_(context.Switch(kStartTimes)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    SystemBus bus(SystemBus::Service::kSystemd, way_);
    SampleTable samples;
    WriteManager(bus, samples);
    std::map<std::string, double, std::less<>> units_by_state;
    for (const char* state : kStates) units_by_state[state] = 0;
    for (const SystemBus::Unit& unit : bus.Units()) {
      ++units_by_state[unit.active_state];
      if (unit.load_state == "loaded" && IsWanted(unit.name)) WriteUnit(bus, unit, samples);
    }
    for (const auto& [state, count] : units_by_state)
      samples.Add("node_systemd_units", "Summary of systemd unit states", MetricType::kGauge, {{"state", state}},
                  count);
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  [[nodiscard]] bool IsWanted(const std::string& name) const {
    if (include_ && !RE2::FullMatch(name, *include_)) return false;
    return !exclude_ || !RE2::FullMatch(name, *exclude_);
  }

  static void WriteManager(SystemBus& bus, SampleTable& samples) {
    const std::string state = bus.Text(SystemBus::kManagerPath, "Manager", "SystemState").value_or("");
    samples.Add("node_systemd_system_running", "Whether the system is operational (see 'systemctl is-system-running')",
                MetricType::kGauge, {}, state == "running" ? 1 : 0);
    const std::string version = bus.Text(SystemBus::kManagerPath, "Manager", "Version").value_or("");
    static const RE2 kNumber(R"(([0-9]{3,}(?:\.[0-9]+)?))");
    std::string number;
    if (!RE2::PartialMatch(version, kNumber, &number)) return;
    samples.Add("node_systemd_version", "Detected systemd version", MetricType::kGauge, {{"version", version}},
                procfs::ParseDecimal(number).value_or(0));
  }

  void WriteUnit(SystemBus& bus, const SystemBus::Unit& unit, SampleTable& samples) const {
    const auto add = [&](const char* name, const char* help, MetricType type, double value) {
      samples.Add(name, help, type, {{"name", unit.name}}, value);
    };
    const bool is_service = unit.name.ends_with(".service");
    std::string type;
    if (is_service) type = bus.Text(unit.path, "Service", "Type").value_or("");
    if (unit.name.ends_with(".mount")) type = bus.Text(unit.path, "Mount", "Type").value_or("");
    for (const char* state : kStates) {
      samples.Add("node_systemd_unit_state", "Systemd unit", MetricType::kGauge,
                  {{"name", unit.name}, {"state", state}, {"type", type}}, unit.active_state == state ? 1 : 0);
    }
    if (with_start_times_) {
      const bool is_active = unit.active_state == "active";
      const uint64_t entered_us = is_active ? bus.Number(unit.path, "Unit", "ActiveEnterTimestamp").value_or(0) : 0;
      add("node_systemd_unit_start_time_seconds", "Start time of the unit since unix epoch in seconds.",
          MetricType::kGauge, static_cast<double>(entered_us) / kMicrosecondsPerSecond);
    }
    if (is_service) WriteService(bus, unit, add);
    if (unit.name.ends_with(".timer")) {
      if (const auto trigger_us = bus.Number(unit.path, "Timer", "LastTriggerUSec")) {
        add("node_systemd_timer_last_trigger_seconds", "Seconds since epoch of last trigger.", MetricType::kGauge,
            static_cast<double>(*trigger_us) / kMicrosecondsPerSecond);
      }
    }
    if (unit.name.ends_with(".socket")) WriteSocket(bus, unit, add);
  }

  template <typename F>
  void WriteService(SystemBus& bus, const SystemBus::Unit& unit, F&& add) const {
    if (with_restarts_) {
      if (const auto restarts = bus.ShortNumber(unit.path, "Service", "NRestarts")) {
        add("node_systemd_service_restart_total", "Service unit count of Restart triggers", MetricType::kCounter,
            static_cast<double>(*restarts));
      }
    }
    if (!with_tasks_) return;
    // The largest number stands for "not known" and "no limit".
    constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
    if (const auto tasks = bus.Number(unit.path, "Service", "TasksCurrent"); tasks && *tasks != kNone) {
      add("node_systemd_unit_tasks_current", "Current number of tasks per Systemd unit", MetricType::kGauge,
          static_cast<double>(*tasks));
    }
    if (const auto tasks = bus.Number(unit.path, "Service", "TasksMax"); tasks && *tasks != kNone) {
      add("node_systemd_unit_tasks_max", "Maximum number of tasks per Systemd unit", MetricType::kGauge,
          static_cast<double>(*tasks));
    }
  }

  template <typename F>
  static void WriteSocket(SystemBus& bus, const SystemBus::Unit& unit, F&& add) {
    if (const auto accepted = bus.ShortNumber(unit.path, "Socket", "NAccepted")) {
      add("node_systemd_socket_accepted_connections_total", "Total number of accepted socket connections",
          MetricType::kCounter, *accepted);
    }
    if (const auto current = bus.ShortNumber(unit.path, "Socket", "NConnections")) {
      add("node_systemd_socket_current_connections", "Current number of socket connections", MetricType::kGauge,
          *current);
    }
    if (const auto refused = bus.ShortNumber(unit.path, "Socket", "NRefused")) {
      add("node_systemd_socket_refused_connections_total", "Total number of refused socket connections",
          MetricType::kGauge, *refused);
    }
  }

  const std::unique_ptr<RE2> include_;
  const std::unique_ptr<RE2> exclude_;
  const SystemBus::Way way_;
  const bool with_tasks_;
  const bool with_restarts_;
  const bool with_start_times_;
};

TIDEMARK_COLLECTOR(
    systemd, {.name = "systemd", .enabled_by_default = false, .flags = kFlags, .create = Create<SystemdCollector>});

}  // namespace
}  // namespace tidemark::exporter
