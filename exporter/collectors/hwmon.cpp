// Sensors, from /sys/class/hwmon (the kernel's Documentation/hwmon/sysfs-interface.rst). A file's name is
// <type><number>_<property>: temp1_input, fan2_min, in0_label; the chip's other files lie beside them or in `device`.

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <map>

#include "common/file.h"
#include "common/number_format.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr std::array<std::string_view, 13> kTypes{
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",      "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion"};
constexpr double kMilli = 0.001;
constexpr double kMicro = 1e6;

struct Sensor {
  std::string type;
  std::map<std::string, std::string, std::less<>> properties;  // "input" -> "42000"; "" for a file without property
};
using Sensors = std::map<std::string, Sensor>;  // by type and number: temp1

/// Lower case, with "_" for what a metric name may not have, and none at the ends.
std::string Clean(std::string_view name) {
  std::string clean;
  for (const char c : name) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool is_valid = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == ':';
    clean += is_valid ? lower : '_';
  }
  const size_t begin = clean.find_first_not_of('_');
  if (begin == std::string::npos) return "";
  return clean.substr(begin, clean.find_last_not_of('_') - begin + 1);
}

/// Takes "temp1_input" apart; false for files of other kinds.
bool ParseName(std::string_view file, std::string& type, std::string& number, std::string& property) {
  const size_t digits = file.find_first_of("0123456789");
  const size_t digits_end = std::min(file.find_first_not_of("0123456789", digits), file.size());
  if (digits == std::string_view::npos) {
    // update_interval and beep_enable have neither number nor property.
    type = file;
    number = "0";
    property.clear();
    if (std::ranges::find(kTypes, type) != kTypes.end()) return true;
    const size_t bar = file.rfind('_');
    if (bar == std::string_view::npos) return false;
    type = file.substr(0, bar);
    property = file.substr(bar + 1);
    return std::ranges::find(kTypes, type) != kTypes.end();
  }
  if (digits == 0 || (digits_end < file.size() && file[digits_end] != '_')) return false;
  type = file.substr(0, digits);
  number = file.substr(digits, digits_end - digits);
  property = digits_end < file.size() ? file.substr(digits_end + 1) : std::string_view{};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

void ReadSensors(const std::string& directory, Sensors& sensors) {
  for (const std::string& file : procfs::Entries(directory)) {
    std::string type;
    std::string number;
    std::string property;
    if (!ParseName(file, type, number, property)) continue;
    const auto value = procfs::ReadText(JoinPath(directory, file));
    if (!value) continue;  // a sensor that is not connected answers with an error
    Sensor& sensor = sensors[type + number];
    sensor.type = type;
    sensor.properties[property] = *value;
  }
}

/// What one property is called on the page, its help, and its value in base units.
struct Shown {
  std::string name;
  std::string help;
  double value;
  MetricType type = MetricType::kGauge;
};

Shown Show(const Sensor& sensor, const std::string& property, double value) {
  const std::string& type = sensor.type;
  std::string name = "node_hwmon_" + type;
  if (property == "input") {
    if (sensor.properties.contains("")) name += "_input";
  } else if (!property.empty()) {
    name += "_" + Clean(property);
  }
  const std::string of = " (" + property + ")";
  if (property == "fault" || property == "alarm")
    return {name, "Hardware sensor " + property + " status (" + type + ")", value};
  if (property == "beep") return {name + "_enabled", "Hardware monitor sensor has beeping enabled", value};
  if (type == "in" || type == "cpu") return {name + "_volts", "Hardware monitor for voltage" + of, value * kMilli};
  if (type == "temp" && property != "type")
    return {name + "_celsius", "Hardware monitor for temperature" + of, value * kMilli};
  if (type == "curr") return {name + "_amps", "Hardware monitor for current" + of, value * kMilli};
  if (type == "energy") {
    return {name + "_joule_total", "Hardware monitor for joules used so far" + of, value / kMicro,
            MetricType::kCounter};
  }
  if (type == "power" && property == "accuracy")
    return {name, "Hardware monitor power meter accuracy, as a ratio", value / kMicro};
  if (type == "power" && property.starts_with("average_interval"))
    return {name + "_seconds", "Hardware monitor power usage update interval" + of, value * kMilli};
  if (type == "power") return {name + "_watt", "Hardware monitor for power usage in watts" + of, value / kMicro};
  if (type == "humidity") {
    return {name,
            "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage)" + of,
            value / kMicro};
  }
  if (type == "fan" && (property == "input" || property == "min" || property == "max" || property == "target"))
    return {name + "_rpm", "Hardware monitor for fan revolutions per minute" + of, value};
  return {name, "Hardware monitor " + type + " element " + property, value};
}

/// The place of the chip's device, "platform_coretemp_0": it does not depend on the order in which drivers were loaded,
/// and no two have the same. Empty when there is no device.
std::string DeviceName(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path device = std::filesystem::canonical(JoinPath(directory, "device"), error);
  if (error) return "";
  const std::string kind = Clean(device.parent_path().filename().string());
  std::string name = Clean(device.filename().string());
  return kind.empty() || name.empty() ? name : kind + "_" + name;
}

/// What to call the chip: its device, or what it calls itself, or the directory.
std::string ChipName(const std::string& directory) {
  if (std::string device = DeviceName(directory); !device.empty()) return device;
  std::string name = Clean(procfs::ReadText(JoinPath(directory, "name")).value_or(""));
  if (!name.empty()) return name;
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(directory, error);
  return error ? "" : Clean(real.filename().string());
}

class HwmonCollector final : public Collector {
 public:
  explicit HwmonCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/hwmon")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> chips;
    const int error = procfs::ListDirectory(directory_, chips);
    if (error == ENOENT) return CollectStatus::NoDriver("no hardware monitors: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    SampleTable samples;
    for (const std::string& chip : chips) CollectChip(JoinPath(directory_, chip), samples);
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  static void CollectChip(const std::string& path, SampleTable& samples) {
    const std::string chip = ChipName(path);
    if (chip.empty()) return;
    Sensors sensors;
    ReadSensors(path, sensors);
    ReadSensors(JoinPath(path, "device"), sensors);
    if (const std::string name = Clean(procfs::ReadText(JoinPath(path, "name")).value_or("")); !name.empty()) {
      samples.Add("node_hwmon_chip_names", "Annotation metric for human-readable chip names", MetricType::kGauge,
                  {{"chip", chip}, {"chip_name", name}}, 1);
    }
    for (const auto& [key, sensor] : sensors) AddSensor(chip, key, sensor, samples);
  }

  static void AddSensor(const std::string& chip, const std::string& key, const Sensor& sensor, SampleTable& samples) {
    const SampleTable::LabelList labels{{"chip", chip}, {"sensor", key}};
    if (const auto label = sensor.properties.find("label"); label != sensor.properties.end()) {
      samples.Add("node_hwmon_sensor_label", "Label for given chip and sensor", MetricType::kGauge,
                  {{"chip", chip}, {"label", label->second}, {"sensor", key}}, 1);
    }
    const auto plain = sensor.properties.find("");
    const std::string plain_text = plain == sensor.properties.end() ? "" : plain->second;
    if (sensor.type == "beep_enable") {
      samples.Add("node_hwmon_beep_enabled", "Hardware beep enabled", MetricType::kGauge, labels,
                  plain_text == "1" ? 1 : 0);
    } else if (sensor.type == "vrm") {
      if (const auto version = ParseFloat(plain_text)) {
        samples.Add("node_hwmon_voltage_regulator_version", "Hardware voltage regulator", MetricType::kGauge, labels,
                    *version);
      }
    } else if (sensor.type == "update_interval") {
      if (const auto milliseconds = ParseFloat(plain_text)) {
        samples.Add("node_hwmon_update_interval_seconds", "Hardware monitor update interval", MetricType::kGauge,
                    labels, *milliseconds * kMilli);
      }
    } else {
      for (const auto& [property, text] : sensor.properties) {
        const auto number = property == "label" ? std::optional<double>() : ParseFloat(text);
        if (!number) continue;
        const Shown shown = Show(sensor, property, *number);
        samples.Add(shown.name, shown.help, shown.type, labels, shown.value);
      }
    }
  }

  const std::string directory_;
};

TIDEMARK_COLLECTOR(hwmon, {.name = "hwmon", .enabled_by_default = true, .flags = {}, .create = Create<HwmonCollector>});

}  // namespace
}  // namespace tidemark::exporter
