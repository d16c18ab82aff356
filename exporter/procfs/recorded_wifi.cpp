#include <filesystem>

#include "common/base64.h"
#include "common/file.h"
#include "exporter/procfs/netlink.h"
#include "exporter/procfs/recording.h"
#include "exporter/procfs/wifi.h"

namespace tidemark::exporter::procfs {
namespace {

std::string RecordedAddress(const nlohmann::json& object, std::string_view name) {
  return HardwareAddress(DecodeBase64(RecordedText(object, name)).value_or(""));
}

WifiStation RecordedStation(const nlohmann::json& recorded) {
  constexpr double kNanosecondsPerSecond = 1e9;
  WifiStation station;
  station.address = RecordedAddress(recorded, "HardwareAddr");
  station.connected_seconds = RecordedNumber(recorded, "Connected") / kNanosecondsPerSecond;
  station.inactive_seconds = RecordedNumber(recorded, "Inactive") / kNanosecondsPerSecond;
  station.receive_bits_per_second = RecordedNumber(recorded, "ReceiveBitrate");
  station.transmit_bits_per_second = RecordedNumber(recorded, "TransmitBitrate");
  station.receive_bytes = RecordedNumber(recorded, "ReceivedBytes");
  station.transmit_bytes = RecordedNumber(recorded, "TransmittedBytes");
  station.signal_dbm = RecordedNumber(recorded, "Signal");
  station.transmit_retries = RecordedNumber(recorded, "TransmitRetries");
  station.transmit_failed = RecordedNumber(recorded, "TransmitFailed");
  station.beacon_losses = RecordedNumber(recorded, "BeaconLoss");
  return station;
}

}  // namespace

std::vector<WifiInterface> ReadRecordedWifi(const std::string& directory) {
  constexpr double kHertzPerMegahertz = 1e6;
  std::vector<WifiInterface> interfaces;
  for (const nlohmann::json& recorded : ReadRecording(JoinPath(directory, "interfaces.json"))) {
    WifiInterface interface;
    interface.name = RecordedText(recorded, "Name");
    interface.frequency_hertz = RecordedNumber(recorded, "Frequency") * kHertzPerMegahertz;
    if (interface.name.empty()) continue;
    const std::string files = JoinPath(directory, interface.name);
    if (const std::string path = JoinPath(files, "bss.json"); std::filesystem::exists(path)) {
      const nlohmann::json network = ReadRecording(path);
      const double status = RecordedNumber(network, "Status");
      constexpr double kMaxStatus = UINT32_MAX;
      interface.network =
          WifiNetwork{.address = RecordedAddress(network, "BSSID"),
                      .name = RecordedText(network, "SSID"),
                      .status = status >= 0 && status <= kMaxStatus ? static_cast<uint32_t>(status) : UINT32_MAX};
    }
    if (const std::string path = JoinPath(files, "stationinfo.json"); std::filesystem::exists(path)) {
      for (const nlohmann::json& station : ReadRecording(path)) interface.stations.push_back(RecordedStation(station));
    }
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

}  // namespace tidemark::exporter::procfs
