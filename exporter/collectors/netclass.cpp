// Properties of network interfaces, from /sys/class/net (the kernel's Documentation/ABI/testing/sysfs-class-net).

#include <re2/re2.h>

#include <array>
#include <cerrno>
#include <map>

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

/// What is read of a device: first kTexts, then the speed, then kProperties.
enum Text : size_t { kAddress, kBroadcast, kDuplex, kIfalias, kOperstate, kTextCount };
constexpr std::array<const char*, kTextCount> kTexts{"address", "broadcast", "duplex", "ifalias", "operstate"};
constexpr size_t kSpeed = kTextCount;
constexpr size_t kFirstProperty = kSpeed + 1;
constexpr auto kFiles = [] {
  std::array<const char*, kFirstProperty + kProperties.size()> files{};
  for (size_t i = 0; i < kTextCount; ++i) files[i] = kTexts[i];
  files[kSpeed] = "speed";
  for (size_t i = 0; i < kProperties.size(); ++i) files[kFirstProperty + i] = kProperties[i].file;
  return files;
}();
constexpr size_t kIfindex = kFirstProperty + 8;
static_assert(std::string_view(kFiles[kIfindex]) == "ifindex");

/// Of so many devices the files stay open, some twenty each; a router with thousands of them has them opened anew.
constexpr size_t kKeptDevices = 16;

class NetclassCollector final : public Collector {
 public:
  explicit NetclassCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("class/net")),
        ignored_(context.Pattern(kIgnored)),
        ignore_invalid_speed_(context.Switch(kIgnoreInvalidSpeed)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    const int error = procfs::ListDirectory(directory_, names);
    if (error == ENOENT || error == EACCES) return CollectStatus::NoData("no network devices: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    std::vector<Device> devices;
    std::map<std::string, procfs::Attributes, std::less<>> kept;
    for (std::string& name : names) {
      if (ignored_ && RE2::PartialMatch(name, *ignored_)) continue;
      procfs::Attributes attributes = Open(name);
      // bonding_masters and its like are files, without any of these.
      if (!attributes.ReadText(kIfindex)) continue;
      devices.push_back(Read(name, attributes));
      if (attributes.is_sysfs() && kept.size() < kKeptDevices) kept.emplace(std::move(name), std::move(attributes));
    }
    kept_ = std::move(kept);
    if (!devices.empty()) Write(devices, writer);
    return CollectStatus::Ok();
  }

 private:
  struct Device {
    std::string name;
    std::array<std::optional<int64_t>, kProperties.size()> numbers;
    std::optional<int64_t> speed_bytes;
    std::array<std::string, kTextCount> texts;
  };

  /// The device's files, which stay open from scrape to scrape as long as it is the same device.
  procfs::Attributes Open(const std::string& name) {
    if (const auto known = kept_.find(name); known != kept_.end()) {
      procfs::Attributes attributes = std::move(known->second);
      kept_.erase(known);
      if (attributes.ReadText(kIfindex)) return attributes;
    }
    return {JoinPath(directory_, name), kFiles};
  }

  /// A driver that does not know a property answers with an error.
  [[nodiscard]] Device Read(const std::string& name, const procfs::Attributes& attributes) const {
    Device device{.name = name, .numbers = {}, .speed_bytes = {}, .texts = {}};
    for (size_t i = 0; i < kTextCount; ++i) device.texts[i] = attributes.ReadText(i).value_or("");
    for (size_t i = 0; i < kProperties.size(); ++i) device.numbers[i] = attributes.ReadInteger(kFirstProperty + i);
    constexpr int64_t kBytesPerMegabit = 1'000'000 / 8;
    const auto megabits = attributes.ReadInteger(kSpeed);
    if (megabits && (*megabits >= 0 || !ignore_invalid_speed_)) device.speed_bytes = *megabits * kBytesPerMegabit;
    return device;
  }

  static void Write(const std::vector<Device>& devices, exposition::Writer& writer) {
    writer.Family("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", MetricType::kGauge);
    for (const Device& device : devices)
      writer.Sample({{"device", device.name}}, device.texts[kOperstate] == "up" ? 1 : 0);
    writer.Family("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
                  MetricType::kGauge);
    for (const Device& device : devices) {
      writer.Sample({{"address", device.texts[kAddress]},
                     {"broadcast", device.texts[kBroadcast]},
                     {"device", device.name},
                     {"duplex", device.texts[kDuplex]},
                     {"ifalias", device.texts[kIfalias]},
                     {"operstate", device.texts[kOperstate]}},
                    1);
    }
    for (size_t i = 0; i < kProperties.size(); ++i) {
      WriteNumbers(devices, writer, kProperties[i].name, kProperties[i].type,
                   [i](const Device& device) { return device.numbers[i]; });
    }
    WriteNumbers(devices, writer, "speed_bytes", MetricType::kGauge,
                 [](const Device& device) { return device.speed_bytes; });
  }

  template <typename F>
  static void WriteNumbers(const std::vector<Device>& devices, exposition::Writer& writer, const char* name,
                           MetricType type, F&& number) {
    bool started = false;
    for (const Device& device : devices) {
      const std::optional<int64_t> value = number(device);
      if (!value) continue;
      if (!started)
        writer.Family(std::string("node_network_") + name, std::string("Network device property: ") + name, type);
      started = true;
      writer.Sample({{"device", device.name}}, static_cast<double>(*value));
    }
  }

  const std::string directory_;
  const std::unique_ptr<RE2> ignored_;
  const bool ignore_invalid_speed_;
  std::map<std::string, procfs::Attributes, std::less<>> kept_;  // by device
};

TIDEMARK_COLLECTOR(
    netclass, {.name = "netclass", .enabled_by_default = true, .flags = kFlags, .create = Create<NetclassCollector>});

}  // namespace
}  // namespace tidemark::exporter
