// Properties of network interfaces, from /sys/class/net (the kernel's Documentation/ABI/testing/sysfs-class-net).

#include <linux/if.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/collectors/link_counters.h"
#include "exporter/procfs/ethtool.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kIgnored = "collector.netclass.ignored-devices";
constexpr const char* kIgnoreInvalidSpeed = "collector.netclass.ignore-invalid-speed";

constexpr const char* kNetlink = "collector.netclass.netlink";

constexpr FlagSpec kFlags[] = {
    {kIgnored, "^$", "Regular expression of network devices to ignore"},
    {kIgnoreInvalidSpeed, "false", "Leave out the speed of devices that do not know it", true},
    {kNetlink, "false", "Tell what netlink does, and not what /sys/class/net has beside that", true},
    {kNetclassWithStats, "false", "With netlink, write each of the kernel's counters in place of the netdev collector",
     true},
};

/// A device's files. Of those from kFirstInNetlink on rtnetlink(7) tells as much, in one answer for all devices. Those
/// before kFirstVarying stay as they are as long as the device has its name and address.
enum File : size_t {
  kIfindex,
  kAddressAssignType,
  kDeviceId,
  kNameAssignType,
  kFirstVarying,
  kDuplex = kFirstVarying,
  kSpeed,
  kFirstInNetlink,
  kAddress = kFirstInNetlink,
  kBroadcast,
  kCarrier,
  kCarrierChanges,
  kCarrierDownCount,
  kCarrierUpCount,
  kDormant,
  kDeviceFlags,
  kIfalias,
  kIflink,
  kLinkMode,
  kMtu,
  kGroup,
  kOperstate,
  kTransmitQueueLength,
  kType,
  kFileCount
};
constexpr std::array<const char*, kFileCount> kFiles{"ifindex",
                                                     "addr_assign_type",
                                                     "dev_id",
                                                     "name_assign_type",
                                                     "duplex",
                                                     "speed",
                                                     "address",
                                                     "broadcast",
                                                     "carrier",
                                                     "carrier_changes",
                                                     "carrier_down_count",
                                                     "carrier_up_count",
                                                     "dormant",
                                                     "flags",
                                                     "ifalias",
                                                     "iflink",
                                                     "link_mode",
                                                     "mtu",
                                                     "netdev_group",
                                                     "operstate",
                                                     "tx_queue_len",
                                                     "type"};

struct Property {
  File file;
  const char* name;
  MetricType type;
};
constexpr std::array<Property, 16> kProperties{{{kAddressAssignType, "address_assign_type", MetricType::kGauge},
                                                {kCarrier, "carrier", MetricType::kGauge},
                                                {kCarrierChanges, "carrier_changes_total", MetricType::kCounter},
                                                {kCarrierUpCount, "carrier_up_changes_total", MetricType::kCounter},
                                                {kCarrierDownCount, "carrier_down_changes_total", MetricType::kCounter},
                                                {kDeviceId, "device_id", MetricType::kGauge},
                                                {kDormant, "dormant", MetricType::kGauge},
                                                {kDeviceFlags, "flags", MetricType::kGauge},
                                                {kIfindex, "iface_id", MetricType::kGauge},
                                                {kIflink, "iface_link", MetricType::kGauge},
                                                {kLinkMode, "iface_link_mode", MetricType::kGauge},
                                                {kMtu, "mtu_bytes", MetricType::kGauge},
                                                {kNameAssignType, "name_assign_type", MetricType::kGauge},
                                                {kGroup, "net_dev_group", MetricType::kGauge},
                                                {kTransmitQueueLength, "transmit_queue_length", MetricType::kGauge},
                                                {kType, "protocol_type", MetricType::kGauge}}};

constexpr bool IsText(size_t file) {
  return file == kAddress || file == kBroadcast || file == kDuplex || file == kIfalias || file == kOperstate;
}

/// By IF_OPER_* (RFC 2863, section 3.1.14), as sysfs names them.
constexpr std::array<const char*, 7> kOperatingStates{"unknown", "notpresent", "down", "lowerlayerdown",
                                                      "testing", "dormant",    "up"};

/// Of so many devices the files stay open, six each; a router with thousands of them has them opened anew.
constexpr size_t kKeptDevices = 16;
/// At every tenth page they are read all the same: an address may have been set to what it was, which makes it one that
/// was set.
constexpr int kReadEvery = 10;

class NetclassCollector final : public Collector {
 public:
  explicit NetclassCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads),
        directory_(context.paths.Sys("class/net")),
        ignored_(context.Pattern(kIgnored)),
        ignore_invalid_speed_(context.Switch(kIgnoreInvalidSpeed)),
        only_netlink_(context.Switch(kNetlink)),
        with_stats_(context.Switch(kNetclassWithStats)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (only_netlink_) {
      const Devices devices = ReadNetlink();
      if (!devices.empty()) Write(devices, writer, "Non-numeric data of <iface>, value is always 1.");
      if (!devices.empty() && with_stats_) WriteCounters(writer);
      return CollectStatus::Ok();
    }
    const int error = directory_.List(names_);
    if (error == ENOENT || error == EACCES) return CollectStatus::NoData("no network devices: " + directory_.path());
    if (error != 0) return CollectStatus::Unreadable(directory_.path(), error);
    const std::span<const procfs::Link* const> links = Links();
    size_t kept = 0;
    for (const std::string& name : names_) {
      if (!devices_.contains(name) && ignored_ && RE2::PartialMatch(name, *ignored_)) continue;
      const auto found = std::ranges::lower_bound(links, name, {}, &procfs::Link::name);
      const procfs::Link* const link =
          found != links.end() && (*found)->name == name && IsComplete(**found) ? *found : nullptr;
      Device& device = devices_[name];
      device.Clear();
      // bonding_masters and its like are files, without any of these.
      if (!(link != nullptr && Recall(*link, device)) && !Open(name, device)) continue;
      device.is_listed = true;
      // In a container /sys can show another network namespace than netlink does.
      if (device.known->attributes.is_sysfs() && link != nullptr && link->index == device.numbers[kIfindex]) {
        Take(*link, device);
        device.known->address = link->address;
        if (++kept > kKeptDevices) device.known.reset();
      } else {
        procfs::Attributes all(JoinPath(directory_.path(), name), kFiles);
        Read(all, kFirstInNetlink, kFileCount, device);
        device.known.reset();
      }
    }
    for (auto it = devices_.begin(); it != devices_.end();)
      it = std::exchange(it->second.is_listed, false) ? std::next(it) : devices_.erase(it);
    if (!devices_.empty()) Write(devices_, writer, "Non-numeric data from /sys/class/net/<iface>, value is always 1.");
    return CollectStatus::Ok();
  }

 private:
  /// What stays open and does not change.
  struct Known {
    procfs::Attributes attributes;
    std::array<std::optional<int64_t>, kFirstVarying> fixed{};
    std::string address{};
    int pages = 0;  // since those were read
    bool tells_duplex = false;
    uint32_t flags = 0;  // when it was asked
  };
  struct Device {
    std::array<std::optional<int64_t>, kFileCount> numbers{};
    std::array<std::string, kFileCount> texts{};
    std::optional<Known> known{};
    bool is_listed = false;

    void Clear() {
      numbers.fill(std::nullopt);
      for (std::string& text : texts) text.clear();
    }
  };
  using Devices = std::map<std::string, Device, std::less<>>;  // by name

  /// None where netlink is not to be had: the files tell.
  std::span<const procfs::Link* const> Links() {
    try {
      return shared_reads_->Links();
    } catch (const std::system_error&) {
      return {};
    }
  }

  /// Older kernels leave out what belongs to the flags.
  static bool IsComplete(const procfs::Link& link) {
    return link.promiscuous_users && link.all_multicast_users && link.operating_state &&
           *link.operating_state < kOperatingStates.size();
  }

  /// Whether the device is the one that is known. If so, its files before kFirstInNetlink are read.
  static bool Recall(const procfs::Link& link, Device& device) {
    if (!device.known) return false;
    Known& known = *device.known;
    if (known.fixed[kIfindex] != link.index || known.address != link.address) return false;
    if (++known.pages == kReadEvery) ReadFixed(known);
    ReadVarying(link.flags, device);
    return !known.attributes.is_gone();
  }

  /// The same of a device that is new, or new to this. False when it is none.
  bool Open(const std::string& name, Device& device) const {
    device.Clear();
    Known& known = device.known.emplace(
        Known{.attributes = {JoinPath(directory_.path(), name), std::span(kFiles).first(kFirstInNetlink)}});
    if (!known.attributes.is_open()) return false;
    if (known.attributes.is_sysfs() && !known.attributes.ReadText(kIfindex)) return false;  // it has just gone
    ReadFixed(known);
    ReadVarying(0, device);
    return true;
  }

  static void ReadFixed(Known& known) {
    for (size_t file = 0; file < known.fixed.size(); ++file) known.fixed[file] = known.attributes.ReadInteger(file);
    known.pages = 0;
  }

  /// `flags`: those of the link now.
  static void ReadVarying(uint32_t flags, Device& device) {
    Known& known = *device.known;
    std::ranges::copy(known.fixed, device.numbers.begin());
    // Whoever has no duplex has no speed: both are an error while the device is down, or when its driver does not tell
    // (duplex_show and speed_show of the kernel's net/core/net-sysfs.c). One that never told does not begin to without
    // a change of the flags.
    if (!known.tells_duplex && known.flags == flags && known.pages != 0) return;
    const std::optional<std::string> duplex = known.attributes.ReadText(kDuplex);
    device.texts[kDuplex] = duplex.value_or("");
    known.tells_duplex = known.tells_duplex || duplex || !known.attributes.is_sysfs();
    known.flags = flags;
    if (duplex || !known.attributes.is_sysfs()) device.numbers[kSpeed] = known.attributes.ReadInteger(kSpeed);
  }

  /// A driver that does not know a property answers with an error.
  static void Read(procfs::Attributes& attributes, size_t begin, size_t end, Device& device) {
    for (size_t file = begin; file < end; ++file) {
      if (IsText(file)) {
        device.texts[file] = attributes.ReadText(file).value_or("");
      } else {
        device.numbers[file] = attributes.ReadInteger(file);
      }
    }
  }

  /// Properties as sysfs would write them (net/core/net-sysfs.c of the kernel).
  static void Take(const procfs::Link& link, Device& device) {
    const bool is_up = (link.flags & IFF_UP) != 0;
    TakeCommon(link, device);
    device.texts[kOperstate] = kOperatingStates[*link.operating_state];
    if (is_up) device.numbers[kCarrier] = link.has_carrier;
    if (is_up) device.numbers[kDormant] = (link.flags & IFF_DORMANT) != 0 ? 1 : 0;
    // The file has what was set of the device itself; netlink what it comes to (dev_get_flags).
    uint32_t flags = link.flags & ~uint32_t{IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT};
    if (*link.promiscuous_users > 0) flags |= IFF_PROMISC;
    if (*link.all_multicast_users > 0) flags |= IFF_ALLMULTI;
    device.numbers[kDeviceFlags] = flags;
  }

  /// What netlink and sysfs say alike.
  static void TakeCommon(const procfs::Link& link, Device& device) {
    device.texts[kAddress] = link.address;
    device.texts[kBroadcast] = link.broadcast;
    device.texts[kIfalias] = Trim(link.alias);
    device.numbers[kCarrierChanges] = link.carrier_changes;
    device.numbers[kCarrierDownCount] = link.carrier_down_changes;
    device.numbers[kCarrierUpCount] = link.carrier_up_changes;
    device.numbers[kIflink] = link.lower_index ? int64_t{*link.lower_index} : link.index;
    device.numbers[kLinkMode] = link.link_mode;
    device.numbers[kMtu] = link.mtu_bytes;
    device.numbers[kGroup] = link.group;
    device.numbers[kTransmitQueueLength] = link.transmit_queue_length;
    device.numbers[kType] = link.type;
  }

  /// As node_exporter has it with this flag: flags and carrier as netlink has them, and nothing of files.
  /// \throw std::system_error
  [[nodiscard]] Devices ReadNetlink() const {
    constexpr std::array<const char*, 2> kDuplexes{"Half", "Full"};
    const procfs::Ethtool ethtool;
    Devices devices;
    for (const procfs::Link* const found : shared_reads_->Links()) {
      const procfs::Link& link = *found;
      if (ignored_ && RE2::PartialMatch(link.name, *ignored_)) continue;
      Device& device = devices[link.name];
      device.numbers[kIfindex] = link.index;
      const size_t state = link.operating_state.value_or(0);
      device.texts[kOperstate] = state < kOperatingStates.size() ? kOperatingStates[state] : "unknown";
      TakeCommon(link, device);
      device.numbers[kCarrier] = link.has_carrier;
      device.numbers[kDormant] = (link.flags & IFF_DORMANT) != 0 ? 1 : 0;
      device.numbers[kDeviceFlags] = link.flags;
      if (const std::optional<ethtool_cmd> settings = ethtool.Link(link.name)) {
        device.texts[kDuplex] = settings->duplex < kDuplexes.size() ? kDuplexes[settings->duplex] : "Unknown";
        device.numbers[kSpeed] = ethtool_cmd_speed(&*settings);
      }
    }
    return devices;
  }

  void WriteCounters(exposition::Writer& writer) const {
    for (const LinkCounter& counter : kLinkCounters) {
      // Gauges to node_exporter, as all that netclass writes so.
      writer.JoinedFamily({"node_network_", counter.name, "_total"},
                          {"Network device property: ", counter.name, "_total"}, MetricType::kGauge);
      for (const procfs::Link* const link : shared_reads_->Links()) {
        if (ignored_ && RE2::PartialMatch(link->name, *ignored_)) continue;
        writer.Sample({{"device", link->name}}, static_cast<double>(link->counters.*counter.value));
      }
    }
  }

  void Write(const Devices& devices, exposition::Writer& writer, const char* info_help) const {
    writer.Family("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", MetricType::kGauge);
    for (const auto& [name, device] : devices)
      writer.Sample({{"device", name}}, device.texts[kOperstate] == "up" ? 1 : 0);
    writer.Family("node_network_info", info_help, MetricType::kGauge);
    for (const auto& [name, device] : devices) {
      writer.Sample({{"address", device.texts[kAddress]},
                     {"broadcast", device.texts[kBroadcast]},
                     {"device", name},
                     {"duplex", device.texts[kDuplex]},
                     {"ifalias", device.texts[kIfalias]},
                     {"operstate", device.texts[kOperstate]}},
                    1);
    }
    for (const Property& property : kProperties) {
      WriteNumbers(devices, writer, property.name, property.type,
                   [&](const Device& device) { return device.numbers[property.file]; });
    }
    WriteNumbers(devices, writer, "speed_bytes", MetricType::kGauge, [&](const Device& device) {
      constexpr int64_t kBytesPerMegabit = 1'000'000 / 8;
      const std::optional<int64_t> megabits = device.numbers[kSpeed];
      const bool is_wanted = megabits && (*megabits >= 0 || !ignore_invalid_speed_);
      return is_wanted ? std::optional(*megabits * kBytesPerMegabit) : std::nullopt;
    });
  }

  template <typename F>
  static void WriteNumbers(const Devices& devices, exposition::Writer& writer, const char* name, MetricType type,
                           F&& number) {
    bool started = false;
    for (const auto& [device_name, device] : devices) {
      const std::optional<int64_t> value = number(device);
      if (!value) continue;
      if (!started) writer.JoinedFamily({"node_network_", name}, {"Network device property: ", name}, type);
      started = true;
      writer.Sample({{"device", device_name}}, static_cast<double>(*value));
    }
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelDirectory directory_;
  const std::unique_ptr<RE2> ignored_;
  const bool ignore_invalid_speed_;
  const bool only_netlink_;
  const bool with_stats_;
  std::vector<std::string> names_;  // in the directory
  Devices devices_;                 // of the page before
};

TIDEMARK_COLLECTOR(
    netclass, {.name = "netclass", .enabled_by_default = true, .flags = kFlags, .create = Create<NetclassCollector>});

}  // namespace
}  // namespace tidemark::exporter
