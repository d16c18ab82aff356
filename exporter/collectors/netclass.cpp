// Properties of network interfaces, from /sys/class/net (the kernel's Documentation/ABI/testing/sysfs-class-net).

#include <re2/re2.h>

#include <array>
#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kIgnored = "collector.netclass.ignored-devices";
constexpr const char* kIgnoreInvalidSpeed = "collector.netclass.ignore-invalid-speed";

constexpr FlagSpec kFlags[] = {
    {kIgnored, "^$", "Regular expression of network devices to ignore"},
    {kIgnoreInvalidSpeed, "false", "Leave out the speed of devices that do not know it", true},
};

struct Property {
  const char* file;
  const char* name;
  MetricType type;
};
constexpr std::array<Property, 16> kProperties{
    {{"addr_assign_type", "address_assign_type", MetricType::kGauge},
     {"carrier", "carrier", MetricType::kGauge},
     {"carrier_changes", "carrier_changes_total", MetricType::kCounter},
     {"carrier_up_count", "carrier_up_changes_total", MetricType::kCounter},
     {"carrier_down_count", "carrier_down_changes_total", MetricType::kCounter},
     {"dev_id", "device_id", MetricType::kGauge},
     {"dormant", "dormant", MetricType::kGauge},
     {"flags", "flags", MetricType::kGauge},
     {"ifindex", "iface_id", MetricType::kGauge},
     {"iflink", "iface_link", MetricType::kGauge},
     {"link_mode", "iface_link_mode", MetricType::kGauge},
     {"mtu", "mtu_bytes", MetricType::kGauge},
     {"name_assign_type", "name_assign_type", MetricType::kGauge},
     {"netdev_group", "net_dev_group", MetricType::kGauge},
     {"tx_queue_len", "transmit_queue_length", MetricType::kGauge},
     {"type", "protocol_type", MetricType::kGauge}}};

class NetclassCollector final : public Collector {
 public:
  explicit NetclassCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("class/net")),
        ignored_(context.Pattern(kIgnored)),
        ignore_invalid_speed_(context.Switch(kIgnoreInvalidSpeed)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> devices;
    const int error = procfs::ListDirectory(directory_, devices);
    if (error == ENOENT || error == EACCES) return CollectStatus::NoData("no network devices: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    // bonding_masters and its like are files.
    std::erase_if(devices, [&](const std::string& device) {
      return (ignored_ && RE2::PartialMatch(device, *ignored_)) || !procfs::ReadText(Path(device, "ifindex"));
    });
    if (devices.empty()) return CollectStatus::Ok();
    WriteState(devices, writer);
    for (const Property& property : kProperties) {
      WriteNumbers(devices, writer, property.file, property.name, property.type, [](int64_t value) { return value; });
    }
    WriteNumbers(devices, writer, "speed", "speed_bytes", MetricType::kGauge, [this](int64_t megabits) {
      constexpr int64_t kBytesPerMegabit = 1'000'000 / 8;
      if (megabits < 0 && ignore_invalid_speed_) return std::optional<int64_t>();
      return std::optional(megabits * kBytesPerMegabit);
    });
    return CollectStatus::Ok();
  }

 private:
  [[nodiscard]] std::string Path(const std::string& device, const char* file) const {
    return JoinPath(directory_, device + "/" + file);
  }
  [[nodiscard]] std::string Text(const std::string& device, const char* file) const {
    return procfs::ReadText(Path(device, file)).value_or("");
  }

  void WriteState(const std::vector<std::string>& devices, exposition::Writer& writer) const {
    writer.Family("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", MetricType::kGauge);
    for (const std::string& device : devices)
      writer.Sample({{"device", device}}, Text(device, "operstate") == "up" ? 1 : 0);
    writer.Family("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
                  MetricType::kGauge);
    for (const std::string& device : devices) {
      writer.Sample({{"address", Text(device, "address")},
                     {"broadcast", Text(device, "broadcast")},
                     {"device", device},
                     {"duplex", Text(device, "duplex")},
                     {"ifalias", Text(device, "ifalias")},
                     {"operstate", Text(device, "operstate")}},
                    1);
    }
  }

  template <typename F>
  void WriteNumbers(const std::vector<std::string>& devices, exposition::Writer& writer, const char* file,
                    const char* name, MetricType type, F&& convert) const {
    bool started = false;
    for (const std::string& device : devices) {
      const auto value = procfs::ReadInteger(Path(device, file));
      if (!value) continue;  // a driver that does not know it answers with an error
      const std::optional<int64_t> converted = convert(*value);
      if (!converted) continue;
      if (!started) {
        writer.Family(std::string("node_network_") + name, std::string("Network device property: ") + name, type);
      }
      started = true;
      writer.Sample({{"device", device}}, static_cast<double>(*converted));
    }
  }

  const std::string directory_;
  const std::unique_ptr<RE2> ignored_;
  const bool ignore_invalid_speed_;
};

TIDEMARK_COLLECTOR(
    netclass, {.name = "netclass", .enabled_by_default = true, .flags = kFlags, .create = Create<NetclassCollector>});

}  // namespace
}  // namespace tidemark::exporter
