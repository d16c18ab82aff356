// Batteries and mains, from /sys/class/power_supply (the kernel's Documentation/power/power_supply_class.rst).

#include <re2/re2.h>

#include <array>
#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

constexpr const char* kIgnored = "collector.powersupply.ignored-supplies";

constexpr FlagSpec kFlags[] = {
    {kIgnored, "^$", "Regular expression of power supplies to ignore"},
};

constexpr double kMicro = 1e6;
constexpr double kTenths = 10;

/// A number that sysfs has, what it is called on the page, and in what fraction of its unit the kernel gives it.
struct Number {
  const char* file;
  const char* name;
  double divisor;
};
constexpr std::array<Number, 49> kNumbers{{{"authentic", "authentic", 1},
                                           {"calibrate", "calibrate", 1},
                                           {"capacity", "capacity", 1},
                                           {"capacity_alert_max", "capacity_alert_max", 1},
                                           {"capacity_alert_min", "capacity_alert_min", 1},
                                           {"cycle_count", "cyclecount", 1},
                                           {"online", "online", 1},
                                           {"present", "present", 1},
                                           {"time_to_empty_now", "time_to_empty_seconds", 1},
                                           {"time_to_full_now", "time_to_full_seconds", 1},
                                           {"current_boot", "current_boot", kMicro},
                                           {"current_max", "current_max", kMicro},
                                           {"current_now", "current_ampere", kMicro},
                                           {"energy_empty", "energy_empty", kMicro},
                                           {"energy_empty_design", "energy_empty_design", kMicro},
                                           {"energy_full", "energy_full", kMicro},
                                           {"energy_full_design", "energy_full_design", kMicro},
                                           {"energy_now", "energy_watthour", kMicro},
                                           {"voltage_boot", "voltage_boot", kMicro},
                                           {"voltage_max", "voltage_max", kMicro},
                                           {"voltage_max_design", "voltage_max_design", kMicro},
                                           {"voltage_min", "voltage_min", kMicro},
                                           {"voltage_min_design", "voltage_min_design", kMicro},
                                           {"voltage_now", "voltage_volt", kMicro},
                                           {"voltage_ocv", "voltage_ocv", kMicro},
                                           {"charge_control_limit", "charge_control_limit", kMicro},
                                           {"charge_control_limit_max", "charge_control_limit_max", kMicro},
                                           {"charge_counter", "charge_counter", kMicro},
                                           {"charge_empty", "charge_empty", kMicro},
                                           {"charge_empty_design", "charge_empty_design", kMicro},
                                           {"charge_full", "charge_full", kMicro},
                                           {"charge_full_design", "charge_full_design", kMicro},
                                           {"charge_now", "charge_ampere", kMicro},
                                           {"charge_term_current", "charge_term_current", kMicro},
                                           {"constant_charge_current", "constant_charge_current", kMicro},
                                           {"constant_charge_current_max", "constant_charge_current_max", kMicro},
                                           {"constant_charge_voltage", "constant_charge_voltage", kMicro},
                                           {"constant_charge_voltage_max", "constant_charge_voltage_max", kMicro},
                                           {"precharge_current", "precharge_current", kMicro},
                                           {"input_current_limit", "input_current_limit", kMicro},
                                           {"power_now", "power_watt", kMicro},
                                           {"temp", "temp_celsius", kTenths},
                                           {"temp_alert_max", "temp_alert_max_celsius", kTenths},
                                           {"temp_alert_min", "temp_alert_min_celsius", kTenths},
                                           {"temp_ambient", "temp_ambient_celsius", kTenths},
                                           {"temp_ambient_max", "temp_ambient_max_celsius", kTenths},
                                           {"temp_ambient_min", "temp_ambient_min_celsius", kTenths},
                                           {"temp_max", "temp_max_celsius", kTenths},
                                           {"temp_min", "temp_min_celsius", kTenths}}};

constexpr std::array<const char*, 11> kTexts{"capacity_level", "charge_type", "health",        "manufacturer",
                                             "model_name",     "scope",       "serial_number", "status",
                                             "technology",     "type",        "usb_type"};

class PowersupplyclassCollector final : public Collector {
 public:
  explicit PowersupplyclassCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads),
        directory_(context.paths.Sys("class/power_supply")),
        ignored_(context.Pattern(kIgnored)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    const int error = directory_.List(names, shared_reads_->looks_for_drivers());
    if (error == ENOENT) return CollectStatus::NoDriver("no power supplies: " + directory_.path());
    if (error != 0) return CollectStatus::Unreadable(directory_.path(), error);
    SampleTable samples;
    for (const std::string& name : names) {
      if (ignored_ && RE2::PartialMatch(name, *ignored_)) continue;
      const std::string path = JoinPath(directory_.path(), name);
      for (const std::string& file : procfs::Entries(path)) {
        for (const Number& number : kNumbers) {
          if (file != number.file) continue;
          const auto text = procfs::ReadText(JoinPath(path, file));
          if (!text) break;  // a driver that does not know it answers with an error
          const auto value = procfs::ParseInteger(*text);
          if (!value) return CollectStatus::Failed("cannot read a number from " + JoinPath(path, file));
          samples.Add(std::string("node_power_supply_") + number.name,
                      std::string(number.name) + " value of /sys/class/power_supply/<power_supply>.",
                      exposition::MetricType::kGauge, {{"power_supply", name}},
                      static_cast<double>(*value) / number.divisor);
        }
      }
      SampleTable::LabelList labels{{"power_supply", name}};
      for (const char* text : kTexts) {
        auto value = procfs::ReadText(JoinPath(path, text));
        if (value && !value->empty()) labels.emplace_back(text, std::move(*value));
      }
      samples.Add("node_power_supply_info", "info of /sys/class/power_supply/<power_supply>.",
                  exposition::MetricType::kGauge, std::move(labels), 1);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelDirectory directory_;
  const std::unique_ptr<RE2> ignored_;
};

TIDEMARK_COLLECTOR(powersupplyclass, {.name = "powersupplyclass",
                                      .enabled_by_default = true,
                                      .flags = kFlags,
                                      .create = Create<PowersupplyclassCollector>});

}  // namespace
}  // namespace tidemark::exporter
