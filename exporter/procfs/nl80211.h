#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "exporter/procfs/wifi.h"

namespace tidemark::exporter::procfs {

// What answers of nl80211 say, each a message of generic netlink(7).

/// Of NL80211_CMD_GET_INTERFACE: without network and stations, and with the number to ask for these.
WifiInterface ParseWifiInterface(const nlmsghdr& message, uint32_t& index);
/// Of NL80211_CMD_GET_SCAN, which tells of every network in reach; empty optional: the interface does not belong to it.
std::optional<WifiNetwork> ParseWifiNetwork(const nlmsghdr& message);
/// Of NL80211_CMD_GET_STATION.
WifiStation ParseWifiStation(const nlmsghdr& message);

}  // namespace tidemark::exporter::procfs
