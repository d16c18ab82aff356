// What drivers tell of network devices: link modes, versions and counters of their own (ethtool(8)).

#include "exporter/procfs/ethtool.h"

#include <linux/ethtool.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kInclude = "collector.ethtool.device-include";
constexpr const char* kExclude = "collector.ethtool.device-exclude";
constexpr const char* kMetrics = "collector.ethtool.metrics-include";

constexpr FlagSpec kFlags[] = {
    {kInclude, "", "Regular expression of devices to include (not with device-exclude)"},
    {kExclude, "", "Regular expression of devices to exclude (not with device-include)"},
    {kMetrics, ".*", "Regular expression of the drivers' counters to include"},
};

constexpr double kBytesPerMegabit = 1'000'000 / 8.0;

struct Speed {
  ethtool_link_mode_bit_indices mode;
  int megabits;
  const char* duplex;
  const char* name;
};
/// The modes that node_exporter tells of: of those that ETHTOOL_GSET has room for, all but 2500baseX.
constexpr std::array<Speed, 22> kSpeeds{{
    {ETHTOOL_LINK_MODE_10baseT_Half_BIT, 10, "half", "10baseT"},
    {ETHTOOL_LINK_MODE_10baseT_Full_BIT, 10, "full", "10baseT"},
    {ETHTOOL_LINK_MODE_100baseT_Half_BIT, 100, "half", "100baseT"},
    {ETHTOOL_LINK_MODE_100baseT_Full_BIT, 100, "full", "100baseT"},
    {ETHTOOL_LINK_MODE_1000baseT_Half_BIT, 1000, "half", "1000baseT"},
    {ETHTOOL_LINK_MODE_1000baseT_Full_BIT, 1000, "full", "1000baseT"},
    {ETHTOOL_LINK_MODE_10000baseT_Full_BIT, 10000, "full", "10000baseT"},
    {ETHTOOL_LINK_MODE_1000baseKX_Full_BIT, 1000, "full", "1000baseKX"},
    {ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT, 10000, "full", "10000baseKX4"},
    {ETHTOOL_LINK_MODE_10000baseKR_Full_BIT, 10000, "full", "10000baseKR"},
    {ETHTOOL_LINK_MODE_10000baseR_FEC_BIT, 10000, "full", "10000baseR_FEC"},
    {ETHTOOL_LINK_MODE_20000baseMLD2_Full_BIT, 20000, "full", "20000baseMLD2"},
    {ETHTOOL_LINK_MODE_20000baseKR2_Full_BIT, 20000, "full", "20000baseKR2"},
    {ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT, 40000, "full", "40000baseKR4"},
    {ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT, 40000, "full", "40000baseCR4"},
    {ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT, 40000, "full", "40000baseSR4"},
    {ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT, 40000, "full", "40000baseLR4"},
    {ETHTOOL_LINK_MODE_56000baseKR4_Full_BIT, 56000, "full", "56000baseKR4"},
    {ETHTOOL_LINK_MODE_56000baseCR4_Full_BIT, 56000, "full", "56000baseCR4"},
    {ETHTOOL_LINK_MODE_56000baseSR4_Full_BIT, 56000, "full", "56000baseSR4"},
    {ETHTOOL_LINK_MODE_56000baseLR4_Full_BIT, 56000, "full", "56000baseLR4"},
    {ETHTOOL_LINK_MODE_25000baseCR_Full_BIT, 25000, "full", "25000baseCR"},
}};

struct Port {
  ethtool_link_mode_bit_indices mode;
  const char* name;
};
constexpr std::array<Port, 6> kPorts{{{ETHTOOL_LINK_MODE_TP_BIT, "TP"},
                                      {ETHTOOL_LINK_MODE_AUI_BIT, "AUI"},
                                      {ETHTOOL_LINK_MODE_MII_BIT, "MII"},
                                      {ETHTOOL_LINK_MODE_FIBRE_BIT, "FIBRE"},
                                      {ETHTOOL_LINK_MODE_BNC_BIT, "BNC"},
                                      {ETHTOOL_LINK_MODE_Backplane_BIT, "Backplane"}}};

constexpr bool Has(uint32_t modes, ethtool_link_mode_bit_indices mode) { return (modes >> mode & 1) != 0; }

struct KnownCounter {
  const char* counter;
  const char* family;
  const char* help;
};
constexpr std::array<KnownCounter, 7> kKnownCounters{
    {{"rx_bytes", "node_ethtool_received_bytes_total", "Network interface bytes received"},
     {"rx_dropped", "node_ethtool_received_dropped_total", "Number of received frames dropped"},
     {"rx_errors", "node_ethtool_received_errors_total", "Number of received frames with errors"},
     {"rx_packets", "node_ethtool_received_packets_total", "Network interface packets received"},
     {"tx_bytes", "node_ethtool_transmitted_bytes_total", "Network interface bytes sent"},
     {"tx_errors", "node_ethtool_transmitted_errors_total", "Number of sent frames with errors"},
     {"tx_packets", "node_ethtool_transmitted_packets_total", "Network interface packets sent"}}};

/// Text in a field of fixed size, which need not end with a zero.
template <size_t kBytes>
std::string FieldText(const char (&field)[kBytes]) {
  return {field, ::strnlen(field, kBytes)};
}

class EthtoolCollector final : public Collector {
 public:
  explicit EthtoolCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("class/net")),
        filter_(context, kExclude, kInclude),
        metrics_(context.Pattern(kMetrics)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> devices;
    const int error = procfs::ListDirectory(directory_, devices);
    if (error == ENOENT || error == EACCES) return CollectStatus::NoData("no network devices: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    if (devices.empty()) return CollectStatus::Failed("no network devices found in " + directory_);
    const procfs::Ethtool ethtool;
    SampleTable samples;
    for (const std::string& device : devices) {
      if (!filter_.Ignores(device)) AddDevice(ethtool, device, samples);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  void AddDevice(const procfs::Ethtool& ethtool, const std::string& device, SampleTable& samples) {
    if (const std::optional<ethtool_cmd> link = ethtool.Link(device)) AddLink(device, *link, samples);
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    if (!ethtool.Ask(device, &driver)) return;
    samples.Add("node_ethtool_info",
                "A metric with a constant '1' value labeled by bus_info, device, driver, expansion_rom_version, "
                "firmware_version, version.",
                MetricType::kGauge,
                {{"bus_info", FieldText(driver.bus_info)},
                 {"device", device},
                 {"driver", FieldText(driver.driver)},
                 {"expansion_rom_version", FieldText(driver.erom_version)},
                 {"firmware_version", FieldText(driver.fw_version)},
                 {"version", FieldText(driver.version)}},
                1);
    AddCounters(ethtool, device, driver.n_stats, samples);
  }

  static void AddLink(const std::string& device, const ethtool_cmd& link, SampleTable& samples) {
    const auto gauge = [&](const std::string& family, const char* help, SampleTable::LabelList labels, double value) {
      labels.emplace_back("device", device);
      samples.Add("node_network_" + family, help, MetricType::kGauge, std::move(labels), value);
    };
    for (const Speed& speed : kSpeeds) {
      const double bytes = speed.megabits * kBytesPerMegabit;
      const SampleTable::LabelList labels{{"duplex", speed.duplex}, {"mode", speed.name}};
      if (Has(link.supported, speed.mode)) {
        gauge("supported_speed_bytes", "Combination of speeds and features supported by network device", labels, bytes);
      }
      if (Has(link.advertising, speed.mode)) {
        gauge("advertised_speed_bytes", "Combination of speeds and features offered by network device", labels, bytes);
      }
    }
    for (const Port& port : kPorts) {
      if (!Has(link.supported, port.mode)) continue;
      gauge("supported_port_info", "Type of ports or PHYs supported by network device", {{"type", port.name}}, 1);
    }
    const auto capability = [&](const char* name, ethtool_link_mode_bit_indices mode, const char* supported_help,
                                const char* advertised_help) {
      gauge(std::string(name) + "_supported", supported_help, {}, Has(link.supported, mode) ? 1 : 0);
      gauge(std::string(name) + "_advertised", advertised_help, {}, Has(link.advertising, mode) ? 1 : 0);
    };
    capability("autonegotiate", ETHTOOL_LINK_MODE_Autoneg_BIT, "If this port device supports autonegotiate",
               "If this port device offers autonegotiate");
    capability("pause", ETHTOOL_LINK_MODE_Pause_BIT, "If this port device supports pause frames",
               "If this port device offers pause capability");
    capability("asymmetricpause", ETHTOOL_LINK_MODE_Asym_Pause_BIT,
               "If this port device supports asymmetric pause frames",
               "If this port device offers asymmetric pause capability");
    gauge("autonegotiate", "If this port is using autonegotiate", {}, link.autoneg);
  }

  void AddCounters(const procfs::Ethtool& ethtool, const std::string& device, uint32_t count, SampleTable& samples) {
    constexpr uint32_t kMaxCounters = 1 << 16;
    if (count == 0 || count > kMaxCounters) return;
    // The kernel writes as many as the driver has when it is asked, which can be more by then: the size of the buffer
    // is not told to it.
    const size_t room = 2 * size_t{count} + 1024;
    std::vector<uint64_t> name_buffer((sizeof(ethtool_gstrings) + room * ETH_GSTRING_LEN) / sizeof(uint64_t) + 1);
    auto& names = *reinterpret_cast<ethtool_gstrings*>(name_buffer.data());
    names.cmd = ETHTOOL_GSTRINGS;
    names.string_set = ETH_SS_STATS;
    names.len = count;
    std::vector<uint64_t> value_buffer(sizeof(ethtool_stats) / sizeof(uint64_t) + room);
    auto& values = *reinterpret_cast<ethtool_stats*>(value_buffer.data());
    values.cmd = ETHTOOL_GSTATS;
    values.n_stats = count;
    if (!ethtool.Ask(device, &names) || !ethtool.Ask(device, &values)) return;
    const char* const texts = reinterpret_cast<const char*>(name_buffer.data()) + sizeof(ethtool_gstrings);
    const uint64_t* const numbers = value_buffer.data() + sizeof(ethtool_stats) / sizeof(uint64_t);
    std::map<std::string, std::optional<uint64_t>> counters;  // without a value: a name that came twice
    for (size_t i = 0; i < std::min({names.len, values.n_stats, count}); ++i) {
      const char* const text = texts + i * ETH_GSTRING_LEN;
      const auto [it, is_new] = counters.try_emplace({text, ::strnlen(text, ETH_GSTRING_LEN)}, numbers[i]);
      if (!is_new) it->second.reset();
    }
    std::map<std::string, std::vector<std::string>> by_family;
    for (const auto& [counter, value] : counters) {
      if (value && (!metrics_ || RE2::PartialMatch(counter, *metrics_)))
        by_family[FamilyName(counter)].push_back(counter);
    }
    for (const auto& [family, names_of_it] : by_family) {
      if (names_of_it.size() > 1) continue;  // nobody could tell them apart
      const std::string& counter = names_of_it.front();
      const auto* const known = std::ranges::find(kKnownCounters, counter, &KnownCounter::counter);
      const bool is_known = known != kKnownCounters.end();
      samples.Add(is_known ? known->family : family, is_known ? known->help : "Network interface " + counter,
                  MetricType::kUntyped, {{"device", device}}, static_cast<double>(*counters[counter]));
    }
  }

  /// "Tx Queue#3: bytes" becomes "node_ethtool_transmitted_queue_3_bytes".
  static std::string FamilyName(std::string counter) {
    static const RE2 unusual("_*[^0-9A-Za-z_]+_*");
    static const RE2 received("(^|_)rx(_|$)");
    static const RE2 transmitted("(^|_)tx(_|$)");
    RE2::GlobalReplace(&counter, unusual, "_");
    counter.erase(0, counter.find_first_not_of('_'));
    for (char& c : counter) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    RE2::GlobalReplace(&counter, received, "\\1received\\2");
    RE2::GlobalReplace(&counter, transmitted, "\\1transmitted\\2");
    return "node_ethtool_" + counter;
  }

  const std::string directory_;
  DeviceFilter filter_;
  const std::unique_ptr<RE2> metrics_;
};

TIDEMARK_COLLECTOR(
    ethtool, {.name = "ethtool", .enabled_by_default = false, .flags = kFlags, .create = Create<EthtoolCollector>});

}  // namespace
}  // namespace tidemark::exporter
