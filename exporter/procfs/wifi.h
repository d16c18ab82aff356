#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// The network that an interface belongs to.
struct WifiNetwork {
  std::string address;  ///< BSSID, "00:11:22:33:44:55"
  std::string name;     ///< SSID, any bytes
  uint32_t status = 0;  ///< NL80211_BSS_STATUS_*
};

/// Another end that an interface talks to.
struct WifiStation {
  std::string address;
  double connected_seconds = 0;
  double inactive_seconds = 0;
  double receive_bits_per_second = 0;
  double transmit_bits_per_second = 0;
  double receive_bytes = 0;
  double transmit_bytes = 0;
  double signal_dbm = 0;
  double transmit_retries = 0;
  double transmit_failed = 0;
  double beacon_losses = 0;
};

struct WifiInterface {
  std::string name;
  double frequency_hertz = 0;
  std::optional<WifiNetwork> network{};
  std::vector<WifiStation> stations{};
};

/// The interfaces that have a name, from nl80211 (the kernel's include/uapi/linux/nl80211.h). Empty optional: there is
/// no such thing on this host. \throw std::system_error
std::optional<std::vector<WifiInterface>> ReadWifi();

/// The same from a recording: interfaces.json and, for each of these, <name>/bss.json and <name>/stationinfo.json,
/// which need not be there. \throw std::runtime_error
std::vector<WifiInterface> ReadRecordedWifi(const std::string& directory);

}  // namespace tidemark::exporter::procfs
