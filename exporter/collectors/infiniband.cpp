// InfiniBand and Omni-Path ports, from /sys/class/infiniband (the kernel's
// Documentation/ABI/stable/sysfs-class-infiniband).

#include <array>
#include <cerrno>
#include <cmath>
#include <span>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Counter {
  const char* file;
  const char* name;
  const char* help;
  double factor = 1;
};

/// Data is counted in units of four octets.
constexpr double kOctets = 4;

constexpr std::array<Counter, 22> kCounters{
    {{"link_downed", "link_downed_total",
      "Number of times the link failed to recover from an error state and went down"},
     {"link_error_recovery", "link_error_recovery_total",
      "Number of times the link successfully recovered from an error state"},
     {"multicast_rcv_packets", "multicast_packets_received_total",
      "Number of multicast packets received (including errors)"},
     {"multicast_xmit_packets", "multicast_packets_transmitted_total",
      "Number of multicast packets transmitted (including errors)"},
     {"port_rcv_constraint_errors", "port_constraint_errors_received_total",
      "Number of packets received on the switch physical port that are discarded"},
     {"port_xmit_constraint_errors", "port_constraint_errors_transmitted_total",
      "Number of packets not transmitted from the switch physical port"},
     {"port_rcv_data", "port_data_received_bytes_total", "Number of data octets received on all links", kOctets},
     {"port_xmit_data", "port_data_transmitted_bytes_total", "Number of data octets transmitted on all links", kOctets},
     {"port_rcv_discards", "port_discards_received_total",
      "Number of inbound packets discarded by the port because the port is down or congested"},
     {"port_xmit_discards", "port_discards_transmitted_total",
      "Number of outbound packets discarded by the port because the port is down or congested"},
     {"port_rcv_errors", "port_errors_received_total",
      "Number of packets containing an error that were received on this port"},
     {"port_rcv_packets", "port_packets_received_total",
      "Number of packets received on all VLs by this port (including errors)"},
     {"port_xmit_packets", "port_packets_transmitted_total",
      "Number of packets transmitted on all VLs from this port (including errors)"},
     {"port_xmit_wait", "port_transmit_wait_total",
      "Number of ticks during which the port had data to transmit but no data was sent during the entire tick"},
     {"unicast_rcv_packets", "unicast_packets_received_total", "Number of unicast packets received (including errors)"},
     {"unicast_xmit_packets", "unicast_packets_transmitted_total",
      "Number of unicast packets transmitted (including errors)"},
     {"port_rcv_remote_physical_errors", "port_receive_remote_physical_errors_total",
      "Number of packets marked with the EBP (End of Bad Packet) delimiter received on the port."},
     {"port_rcv_switch_relay_errors", "port_receive_switch_relay_errors_total",
      "Number of packets that could not be forwarded by the switch."},
     {"symbol_error", "symbol_error_total", "Number of minor link errors detected on one or more physical lanes."},
     {"VL15_dropped", "vl15_dropped_total", "Number of incoming VL15 packets dropped due to resource limitations."},
     {"excessive_buffer_overrun_errors", "excessive_buffer_overrun_errors_total",
      "Number of times that OverrunErrors consecutive flow control update periods occurred, each having at least one "
      "overrun error."},
     {"local_link_integrity_errors", "local_link_integrity_errors_total",
      "Number of times that the count of local physical errors exceeded the threshold specified by LocalPhyErrors."}}};

/// What old drivers have instead, of 64 bits, in the directory counters_ext.
constexpr std::array<Counter, 8> kLegacyCounters{
    {{"port_multicast_rcv_packets", "legacy_multicast_packets_received_total", "Number of multicast packets received"},
     {"port_multicast_xmit_packets", "legacy_multicast_packets_transmitted_total",
      "Number of multicast packets transmitted"},
     {"port_rcv_data_64", "legacy_data_received_bytes_total", "Number of data octets received on all links", kOctets},
     {"port_rcv_packets_64", "legacy_packets_received_total", "Number of data packets received on all links"},
     {"port_unicast_rcv_packets", "legacy_unicast_packets_received_total", "Number of unicast packets received"},
     {"port_unicast_xmit_packets", "legacy_unicast_packets_transmitted_total", "Number of unicast packets transmitted"},
     {"port_xmit_data_64", "legacy_data_transmitted_bytes_total", "Number of data octets transmitted on all links",
      kOctets},
     {"port_xmit_packets_64", "legacy_packets_transmitted_total", "Number of data packets received on all links"}}};

/// The number in "4: ACTIVE".
std::optional<uint64_t> StateId(const std::optional<std::string>& text) {
  return text ? procfs::ParseUnsigned(std::string_view(*text).substr(0, text->find(':'))) : std::nullopt;
}

/// Bytes a second of "40 Gb/sec (4X QDR)".
std::optional<double> Rate(const std::optional<std::string>& text) {
  constexpr double kBytesPerGigabit = 125'000'000;
  const auto gigabits =
      text ? procfs::ParseDecimal(std::string_view(*text).substr(0, text->find(' '))) : std::optional<double>();
  return gigabits ? std::optional(std::trunc(*gigabits * kBytesPerGigabit)) : std::nullopt;
}

class InfinibandCollector final : public Collector {
 public:
  explicit InfinibandCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/infiniband")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> devices;
    const int error = procfs::ListDirectory(directory_, devices);
    if (error == ENOENT) return CollectStatus::NoDriver("no InfiniBand: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    SampleTable samples;
    for (const std::string& device : devices) {
      const std::string path = JoinPath(directory_, device);
      const auto board = procfs::ReadText(JoinPath(path, "board_id"));
      const auto firmware = procfs::ReadText(JoinPath(path, "fw_ver"));
      if (!board || !firmware) return CollectStatus::Failed("cannot read attributes of " + path);
      samples.Add("node_infiniband_info", "Non-numeric data from /sys/class/infiniband/<device>, value is always 1.",
                  MetricType::kGauge,
                  {{"board_id", *board},
                   {"device", device},
                   {"firmware_version", *firmware},
                   {"hca_type", procfs::ReadText(JoinPath(path, "hca_type")).value_or("")}},
                  1);
      for (const std::string& port : procfs::Entries(JoinPath(path, "ports"))) {
        if (const std::string failed = AddPort(JoinPath(path, "ports/" + port), device, port, samples); !failed.empty())
          return CollectStatus::Failed("cannot read " + failed);
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  /// Returns the path that could not be read, or nothing.
  static std::string AddPort(const std::string& path, const std::string& device, const std::string& port,
                             SampleTable& samples) {
    const SampleTable::LabelList labels{{"device", device}, {"port", port}};
    const auto state = StateId(procfs::ReadText(JoinPath(path, "state")));
    const auto physical = StateId(procfs::ReadText(JoinPath(path, "phys_state")));
    const auto rate = Rate(procfs::ReadText(JoinPath(path, "rate")));
    if (!state || !physical || !rate) return path + " with its state, phys_state and rate";
    samples.Add("node_infiniband_state_id",
                "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act defer)",
                MetricType::kGauge, labels, static_cast<double>(*state));
    samples.Add("node_infiniband_physical_state_id",
                "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: shift, 5: "
                "link up, 6: link error recover, 7: phytest)",
                MetricType::kGauge, labels, static_cast<double>(*physical));
    samples.Add("node_infiniband_rate_bytes_per_second", "Maximum signal transfer rate", MetricType::kGauge, labels,
                *rate);
    if (std::string failed = AddCounters(JoinPath(path, "counters"), kCounters, labels, samples); !failed.empty())
      return failed;
    return AddCounters(JoinPath(path, "counters_ext"), kLegacyCounters, labels, samples);
  }

  /// Of one of a port's directories. Returns the path that could not be read, or nothing.
  static std::string AddCounters(const std::string& path, std::span<const Counter> counters,
                                 const SampleTable::LabelList& labels, SampleTable& samples) {
    for (const Counter& counter : counters) {
      // Not every device has all, and some answer "N/A (no PMA)".
      std::string file = JoinPath(path, counter.file);
      const auto text = procfs::ReadText(file);
      if (!text || text->find("N/A (no PMA)") != std::string::npos) continue;
      const auto value = procfs::ParseUnsigned(*text);
      if (!value) return file;
      samples.Add(std::string("node_infiniband_") + counter.name, counter.help, MetricType::kCounter, labels,
                  static_cast<double>(*value) * counter.factor);
    }
    return "";
  }

  const std::string directory_;
};

TIDEMARK_COLLECTOR(
    infiniband, {.name = "infiniband", .enabled_by_default = true, .flags = {}, .create = Create<InfinibandCollector>});

}  // namespace
}  // namespace tidemark::exporter
