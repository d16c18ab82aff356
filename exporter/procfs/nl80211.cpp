#include "exporter/procfs/nl80211.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include <cerrno>
#include <functional>
#include <string_view>
#include <system_error>

#include "exporter/procfs/netlink.h"

namespace tidemark::exporter::procfs {
namespace {

/// Newer parts of the kernel mark what has attributes in it.
uint16_t Type(const rtattr& attribute) { return attribute.rta_type & NLA_TYPE_MASK; }

/// The number by which generic netlink knows nl80211.
std::optional<uint16_t> FindFamily(NetlinkSocket& generic) {
  std::optional<uint16_t> found;
  const genlmsghdr request{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0};
  generic.Dump(GENL_ID_CTRL, request, [&](const nlmsghdr& header) {
    uint16_t id = 0;
    bool is_wanted = false;
    ForEachMessageAttribute<genlmsghdr>(header, [&](const rtattr& attribute) {
      if (Type(attribute) == CTRL_ATTR_FAMILY_ID) id = AttributeValue<uint16_t>(attribute);
      if (Type(attribute) == CTRL_ATTR_FAMILY_NAME) is_wanted = AttributeText(attribute) == NL80211_GENL_NAME;
    });
    if (is_wanted) found = id;
  });
  return found;
}

struct InterfaceRequest {
  genlmsghdr header{};
  rtattr attribute{.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NL80211_ATTR_IFINDEX};
  uint32_t index = 0;
};

/// Calls visit for each answer about an interface. Some kinds of interfaces have none.
void Ask(NetlinkSocket& generic, uint16_t family, uint8_t command, uint32_t index,
         const std::function<void(const nlmsghdr& message)>& visit) {
  InterfaceRequest request;
  request.header = {.cmd = command, .version = 0, .reserved = 0};
  request.index = index;
  try {
    generic.Dump(family, request, visit);
  } catch (const std::system_error& error) {
    if (error.code().value() != EOPNOTSUPP && error.code().value() != ENOENT) throw;
  }
}

/// The name among the information elements of a beacon (IEEE 802.11-2020, section 9.4.2.2).
std::string NetworkName(std::string_view elements) {
  constexpr size_t kHeaderBytes = 2;
  constexpr char kSsid = 0;
  while (elements.size() >= kHeaderBytes) {
    const size_t bytes = static_cast<unsigned char>(elements[1]);
    if (elements.size() < kHeaderBytes + bytes) break;
    if (elements[0] == kSsid) return std::string(elements.substr(kHeaderBytes, bytes));
    elements.remove_prefix(kHeaderBytes + bytes);
  }
  return "";
}

double BitsPerSecond(const rtattr& rate) {
  constexpr double kBitsPerUnit = 100'000;
  uint32_t units = 0;
  ForEachNestedAttribute(rate, [&](const rtattr& nested) {
    if (Type(nested) == NL80211_RATE_INFO_BITRATE32) units = AttributeValue<uint32_t>(nested);
    if (Type(nested) == NL80211_RATE_INFO_BITRATE && units == 0) units = AttributeValue<uint16_t>(nested);
  });
  return units * kBitsPerUnit;
}

void SetProperty(const rtattr& attribute, WifiStation& station) {
  constexpr double kMillisecondsPerSecond = 1000;
  const auto number = [&] { return static_cast<double>(AttributeValue<uint32_t>(attribute)); };
  const auto large = [&] { return static_cast<double>(AttributeValue<uint64_t>(attribute)); };
  switch (Type(attribute)) {
    case NL80211_STA_INFO_CONNECTED_TIME:
      station.connected_seconds = number();
      return;
    case NL80211_STA_INFO_INACTIVE_TIME:
      station.inactive_seconds = number() / kMillisecondsPerSecond;
      return;
    case NL80211_STA_INFO_RX_BITRATE:
      station.receive_bits_per_second = BitsPerSecond(attribute);
      return;
    case NL80211_STA_INFO_TX_BITRATE:
      station.transmit_bits_per_second = BitsPerSecond(attribute);
      return;
    // Older kernels have 32 bits alone, others both.
    case NL80211_STA_INFO_RX_BYTES:
      if (station.receive_bytes == 0) station.receive_bytes = number();
      return;
    case NL80211_STA_INFO_TX_BYTES:
      if (station.transmit_bytes == 0) station.transmit_bytes = number();
      return;
    case NL80211_STA_INFO_RX_BYTES64:
      station.receive_bytes = large();
      return;
    case NL80211_STA_INFO_TX_BYTES64:
      station.transmit_bytes = large();
      return;
    case NL80211_STA_INFO_SIGNAL:
      station.signal_dbm = AttributeValue<int8_t>(attribute);
      return;
    case NL80211_STA_INFO_TX_RETRIES:
      station.transmit_retries = number();
      return;
    case NL80211_STA_INFO_TX_FAILED:
      station.transmit_failed = number();
      return;
    case NL80211_STA_INFO_BEACON_LOSS:
      station.beacon_losses = number();
      return;
    default:
      return;
  }
}

}  // namespace

WifiInterface ParseWifiInterface(const nlmsghdr& message, uint32_t& index) {
  constexpr double kHertzPerMegahertz = 1e6;
  WifiInterface interface;
  ForEachMessageAttribute<genlmsghdr>(message, [&](const rtattr& attribute) {
    if (Type(attribute) == NL80211_ATTR_IFNAME) interface.name = AttributeText(attribute);
    if (Type(attribute) == NL80211_ATTR_IFINDEX) index = AttributeValue<uint32_t>(attribute);
    if (Type(attribute) == NL80211_ATTR_WIPHY_FREQ)
      interface.frequency_hertz = AttributeValue<uint32_t>(attribute) * kHertzPerMegahertz;
  });
  return interface;
}

std::optional<WifiNetwork> ParseWifiNetwork(const nlmsghdr& message) {
  WifiNetwork network;
  bool is_joined = false;
  ForEachMessageAttribute<genlmsghdr>(message, [&](const rtattr& attribute) {
    if (Type(attribute) != NL80211_ATTR_BSS) return;
    ForEachNestedAttribute(attribute, [&](const rtattr& nested) {
      if (Type(nested) == NL80211_BSS_BSSID) network.address = HardwareAddress(AttributeBytes(nested));
      if (Type(nested) == NL80211_BSS_INFORMATION_ELEMENTS) network.name = NetworkName(AttributeBytes(nested));
      if (Type(nested) != NL80211_BSS_STATUS) return;
      network.status = AttributeValue<uint32_t>(nested);
      is_joined = true;
    });
  });
  return is_joined ? std::optional(std::move(network)) : std::nullopt;
}

WifiStation ParseWifiStation(const nlmsghdr& message) {
  WifiStation station;
  ForEachMessageAttribute<genlmsghdr>(message, [&](const rtattr& attribute) {
    if (Type(attribute) == NL80211_ATTR_MAC) station.address = HardwareAddress(AttributeBytes(attribute));
    if (Type(attribute) != NL80211_ATTR_STA_INFO) return;
    ForEachNestedAttribute(attribute, [&](const rtattr& nested) { SetProperty(nested, station); });
  });
  return station;
}

std::optional<std::vector<WifiInterface>> ReadWifi() {
  NetlinkSocket generic(NETLINK_GENERIC);
  const std::optional<uint16_t> family = FindFamily(generic);
  if (!family) return std::nullopt;
  std::vector<WifiInterface> interfaces;
  std::vector<uint32_t> indexes;
  const genlmsghdr request{.cmd = NL80211_CMD_GET_INTERFACE, .version = 0, .reserved = 0};
  generic.Dump(*family, request, [&](const nlmsghdr& message) {
    uint32_t index = 0;
    WifiInterface interface = ParseWifiInterface(message, index);
    if (interface.name.empty()) return;  // a device that is none of the network, for P2P
    interfaces.push_back(std::move(interface));
    indexes.push_back(index);
  });
  for (size_t i = 0; i < interfaces.size(); ++i) {
    WifiInterface& interface = interfaces[i];
    Ask(generic, *family, NL80211_CMD_GET_SCAN, indexes[i], [&](const nlmsghdr& message) {
      if (!interface.network) interface.network = ParseWifiNetwork(message);
    });
    Ask(generic, *family, NL80211_CMD_GET_STATION, indexes[i],
        [&](const nlmsghdr& message) { interface.stations.push_back(ParseWifiStation(message)); });
  }
  return interfaces;
}

}  // namespace tidemark::exporter::procfs
