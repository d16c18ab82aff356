// Wireless interfaces, the networks they belong to and the stations they talk to, from nl80211.

#include "exporter/procfs/wifi.h"

#include <linux/nl80211.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "exporter/collector.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kFixtures = "collector.wifi.fixtures";
constexpr FlagSpec kFlags[] = {
    {kFixtures, "", "Directory with recorded answers to read in place of the kernel's, as node_exporter's tests have"},
};

struct StationFamily {
  const char* name;
  const char* help;
  MetricType type;
  double procfs::WifiStation::*value;
};
constexpr std::array<StationFamily, 10> kStationFamilies{
    {{"node_wifi_station_connected_seconds_total",
      "The total number of seconds a station has been connected to an access point.", MetricType::kCounter,
      &procfs::WifiStation::connected_seconds},
     {"node_wifi_station_inactive_seconds",
      "The number of seconds since any wireless activity has occurred on a station.", MetricType::kGauge,
      &procfs::WifiStation::inactive_seconds},
     {"node_wifi_station_receive_bits_per_second", "The current WiFi receive bitrate of a station, in bits per second.",
      MetricType::kGauge, &procfs::WifiStation::receive_bits_per_second},
     {"node_wifi_station_transmit_bits_per_second",
      "The current WiFi transmit bitrate of a station, in bits per second.", MetricType::kGauge,
      &procfs::WifiStation::transmit_bits_per_second},
     {"node_wifi_station_receive_bytes_total", "The total number of bytes received by a WiFi station.",
      MetricType::kCounter, &procfs::WifiStation::receive_bytes},
     {"node_wifi_station_transmit_bytes_total", "The total number of bytes transmitted by a WiFi station.",
      MetricType::kCounter, &procfs::WifiStation::transmit_bytes},
     {"node_wifi_station_signal_dbm", "The current WiFi signal strength, in decibel-milliwatts (dBm).",
      MetricType::kGauge, &procfs::WifiStation::signal_dbm},
     {"node_wifi_station_transmit_retries_total",
      "The total number of times a station has had to retry while sending a packet.", MetricType::kCounter,
      &procfs::WifiStation::transmit_retries},
     {"node_wifi_station_transmit_failed_total", "The total number of times a station has failed to send a packet.",
      MetricType::kCounter, &procfs::WifiStation::transmit_failed},
     {"node_wifi_station_beacon_loss_total", "The total number of times a station has detected a beacon loss.",
      MetricType::kCounter, &procfs::WifiStation::beacon_losses}}};

const char* ModeText(uint32_t status) {
  switch (status) {
    case NL80211_BSS_STATUS_AUTHENTICATED:
    case NL80211_BSS_STATUS_ASSOCIATED:
      return "client";
    case NL80211_BSS_STATUS_IBSS_JOINED:
      return "ad-hoc";
    default:
      return "unknown";
  }
}

class WifiCollector final : public Collector {
 public:
  explicit WifiCollector(const CollectorContext& context) : fixtures_(context.Flag(kFixtures)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const std::optional<std::vector<procfs::WifiInterface>> read =
        fixtures_.empty() ? procfs::ReadWifi() : procfs::ReadRecordedWifi(fixtures_);
    if (!read) return CollectStatus::NoDriver("no wireless interfaces: the kernel has no nl80211");
    const std::vector<procfs::WifiInterface>& interfaces = *read;
    if (interfaces.empty()) return CollectStatus::Ok();
    writer.Family("node_wifi_interface_frequency_hertz",
                  "The current frequency a WiFi interface is operating at, in hertz.", MetricType::kGauge);
    for (const procfs::WifiInterface& interface : interfaces)
      writer.Sample({{"device", interface.name}}, interface.frequency_hertz);
    if (std::ranges::any_of(interfaces, [](const auto& interface) { return interface.network.has_value(); }))
      WriteNetworks(interfaces, writer);
    if (std::ranges::all_of(interfaces, [](const auto& interface) { return interface.stations.empty(); }))
      return CollectStatus::Ok();
    for (const StationFamily& family : kStationFamilies) {
      writer.Family(family.name, family.help, family.type);
      for (const procfs::WifiInterface& interface : interfaces) {
        for (const procfs::WifiStation& station : interface.stations)
          writer.Sample({{"device", interface.name}, {"mac_address", station.address}}, station.*family.value);
      }
    }
    return CollectStatus::Ok();
  }

 private:
  static void WriteNetworks(const std::vector<procfs::WifiInterface>& interfaces, exposition::Writer& writer) {
    writer.Family("node_wifi_station_info",
                  "Labeled WiFi interface station information as provided by the operating system.",
                  MetricType::kGauge);
    for (const procfs::WifiInterface& interface : interfaces) {
      if (!interface.network) continue;
      writer.Sample({{"bssid", interface.network->address},
                     {"device", interface.name},
                     {"mode", ModeText(interface.network->status)},
                     {"ssid", interface.network->name}},
                    1);
    }
  }

  const std::string fixtures_;
};

TIDEMARK_COLLECTOR(wifi,
                   {.name = "wifi", .enabled_by_default = false, .flags = kFlags, .create = Create<WifiCollector>});

}  // namespace
}  // namespace tidemark::exporter
