// Network interface counters: 64-bit from rtnetlink(7), or from /proc/net/dev (proc(5)) with
// --no-collector.netdev.netlink. Names and sums are those of /proc/net/dev in both cases.

#include <algorithm>
#include <array>
#include <set>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/collectors/link_counters.h"
#include "exporter/procfs/interface_addresses.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

enum Counter {
  kReceiveBytes,
  kReceiveCompressed,
  kReceiveDrop,
  kReceiveErrs,
  kReceiveFifo,
  kReceiveFrame,
  kReceiveMulticast,
  kReceiveNohandler,
  kReceivePackets,
  kTransmitBytes,
  kTransmitCarrier,
  kTransmitColls,
  kTransmitCompressed,
  kTransmitDrop,
  kTransmitErrs,
  kTransmitFifo,
  kTransmitPackets,
  kCounterCount
};

constexpr std::array<std::string_view, kCounterCount> kNames{
    "receive_bytes",    "receive_compressed", "receive_drop",        "receive_errs",    "receive_fifo",
    "receive_frame",    "receive_multicast",  "receive_nohandler",   "receive_packets", "transmit_bytes",
    "transmit_carrier", "transmit_colls",     "transmit_compressed", "transmit_drop",   "transmit_errs",
    "transmit_fifo",    "transmit_packets"};

/// The columns of /proc/net/dev in their order.
constexpr std::array<Counter, 16> kProcColumns{
    kReceiveBytes,      kReceivePackets,   kReceiveErrs,     kReceiveDrop,       kReceiveFifo,  kReceiveFrame,
    kReceiveCompressed, kReceiveMulticast, kTransmitBytes,   kTransmitPackets,   kTransmitErrs, kTransmitDrop,
    kTransmitFifo,      kTransmitColls,    kTransmitCarrier, kTransmitCompressed};

constexpr FlagSpec kFlags[] = {
    {"collector.netdev.device-include", "", "Regular expression of devices to include (not with device-exclude)"},
    {"collector.netdev.device-exclude", "", "Regular expression of devices to exclude (not with device-include)"},
    {"collector.netdev.netlink", "true", "Read counters by netlink instead of /proc/net/dev", true},
    {"collector.netdev.enable-detailed-metrics", "false",
     "Write each of the kernel's counters, under its name, instead of the sums of /proc/net/dev; needs netlink", true},
    {"collector.netdev.address-info", "false", "Write the addresses of the devices", true},
};

struct Device {
  std::string name;
  std::array<uint64_t, kCounterCount> counters{};
};

/// Sums as net/core/net-procfs.c of the kernel makes them for /proc/net/dev.
Device FromLink(const procfs::Link& link) {
  const rtnl_link_stats64& in = link.counters;
  Device device{link.name, {}};
  auto& out = device.counters;
  out[kReceiveBytes] = in.rx_bytes;
  out[kReceiveCompressed] = in.rx_compressed;
  out[kReceiveDrop] = in.rx_dropped + in.rx_missed_errors;
  out[kReceiveErrs] = in.rx_errors;
  out[kReceiveFifo] = in.rx_fifo_errors;
  out[kReceiveFrame] = in.rx_length_errors + in.rx_over_errors + in.rx_crc_errors + in.rx_frame_errors;
  out[kReceiveMulticast] = in.multicast;
  out[kReceiveNohandler] = in.rx_nohandler;
  out[kReceivePackets] = in.rx_packets;
  out[kTransmitBytes] = in.tx_bytes;
  out[kTransmitCarrier] = in.tx_carrier_errors + in.tx_aborted_errors + in.tx_window_errors + in.tx_heartbeat_errors;
  out[kTransmitColls] = in.collisions;
  out[kTransmitCompressed] = in.tx_compressed;
  out[kTransmitDrop] = in.tx_dropped;
  out[kTransmitErrs] = in.tx_errors;
  out[kTransmitFifo] = in.tx_fifo_errors;
  out[kTransmitPackets] = in.tx_packets;
  return device;
}

class NetdevCollector final : public Collector {
 public:
  explicit NetdevCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads),
        file_(context.paths.Proc("net/dev")),
        use_netlink_(context.Switch("collector.netdev.netlink")),
        with_details_(use_netlink_ && context.Switch("collector.netdev.enable-detailed-metrics")),
        with_addresses_(context.Switch("collector.netdev.address-info")),
        has_rival_(context.Switch(kNetclassWithStats)),
        filter_(context, "collector.netdev.device-exclude", "collector.netdev.device-include") {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (with_addresses_) WriteAddresses(writer);
    if (has_rival_) known_ = writer.FamilyNames();
    if (with_details_) {
      WriteDetails(writer);
      return CollectStatus::Ok();
    }
    devices_.clear();
    if (use_netlink_) {
      for (const procfs::Link* const link : shared_reads_->Links()) {
        if (!filter_.Ignores(link->name)) devices_.push_back(FromLink(*link));
      }
    } else {
      if (CollectStatus status = ReadProc(); status.kind != CollectStatus::Kind::kOk) return status;
      std::ranges::sort(devices_, {}, &Device::name);
    }
    if (devices_.empty()) return CollectStatus::Ok();
    for (size_t i = 0; i < kCounterCount; ++i) {
      if ((i == kReceiveNohandler && !use_netlink_) || IsKnown(kNames[i])) continue;
      writer.JoinedFamily({"node_network_", kNames[i], "_total"}, {"Network device statistic ", kNames[i], "."},
                          exposition::MetricType::kCounter);
      for (const Device& device : devices_) {
        writer.Sample({{"device", device.name}}, static_cast<double>(device.counters[i]));
      }
    }
    return CollectStatus::Ok();
  }

 private:
  static void WriteAddresses(exposition::Writer& writer) {
    bool started = false;
    for (const procfs::InterfaceAddress& address : procfs::ReadInterfaceAddresses()) {
      if (!started) {
        writer.Family("node_network_address_info", "node network address by device", exposition::MetricType::kGauge);
      }
      started = true;
      writer.Sample({{"address", address.address},
                     {"device", address.device},
                     {"netmask", address.prefix_length},
                     {"scope", address.scope}},
                    1);
    }
  }

  void WriteDetails(exposition::Writer& writer) {
    std::vector<const procfs::Link*> links;
    std::ranges::copy_if(shared_reads_->Links(), std::back_inserter(links),
                         [&](const procfs::Link* link) { return !filter_.Ignores(link->name); });
    if (links.empty()) return;
    for (const LinkCounter& counter : kLinkCounters) {
      if (IsKnown(counter.name)) continue;
      writer.JoinedFamily({"node_network_", counter.name, "_total"}, {"Network device statistic ", counter.name, "."},
                          exposition::MetricType::kCounter);
      for (const procfs::Link* const link : links)
        writer.Sample({{"device", link->name}}, static_cast<double>(link->counters.*counter.value));
    }
  }

  /// Whether netclass has written this one.
  bool IsKnown(std::string_view counter) const {
    if (known_.empty()) return false;
    std::string name = "node_network_";
    return known_.contains(name.append(counter).append("_total"));
  }

  CollectStatus ReadProc() {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view line = scanner.rest();
      const size_t colon = line.rfind(':');
      if (colon == std::string_view::npos) continue;  // the two header lines
      Device device{std::string(Trim(line.substr(0, colon))), {}};
      if (filter_.Ignores(device.name)) continue;
      procfs::Scanner fields(line.substr(colon + 1));
      fields.NextLine();
      for (const Counter counter : kProcColumns) {
        const auto value = procfs::ParseUnsigned(fields.NextField());
        if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + device.name);
        device.counters[counter] = *value;
      }
      devices_.push_back(std::move(device));
    }
    return CollectStatus::Ok();
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelFile file_;
  const bool use_netlink_;
  const bool with_details_;
  const bool with_addresses_;
  const bool has_rival_;
  DeviceFilter filter_;
  std::string content_;
  std::vector<Device> devices_;
  std::set<std::string, std::less<>> known_;  // with a rival: what the page has already
};

TIDEMARK_COLLECTOR(netdev,
                   {.name = "netdev", .enabled_by_default = true, .flags = kFlags, .create = Create<NetdevCollector>});

}  // namespace
}  // namespace tidemark::exporter
