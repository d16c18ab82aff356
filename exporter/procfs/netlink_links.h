#pragma once

#include <linux/if_link.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/procfs/netlink.h"

namespace tidemark::exporter::procfs {

/// A network interface, as one RTM_GETLINK dump of rtnetlink(7) has it: what sysfs has in a file each, and the 64-bit
/// counters. Optional: older kernels do not tell.
struct Link {
  std::string name;
  int64_t index = 0;
  int64_t type = 0;    ///< ARPHRD_*
  uint32_t flags = 0;  ///< IFF_*, as if_link.h has them
  std::string address;
  std::string broadcast;
  std::string alias;
  std::optional<uint8_t> operating_state;  ///< IF_OPER_*
  std::optional<uint8_t> link_mode;
  std::optional<bool> has_carrier;
  std::optional<uint32_t> carrier_changes;
  std::optional<uint32_t> carrier_up_changes;
  std::optional<uint32_t> carrier_down_changes;
  std::optional<uint32_t> mtu_bytes;
  std::optional<uint32_t> transmit_queue_length;
  std::optional<uint32_t> group;
  std::optional<uint32_t> lower_index;  ///< of the interface below; none when it is the interface itself
  std::optional<uint32_t> promiscuous_users;
  std::optional<uint32_t> all_multicast_users;
  rtnl_link_stats64 counters{};  ///< /proc/net/dev adds some of these together
};

/// Every interface of this network namespace, by name. `route`: a socket of NETLINK_ROUTE. \throw std::system_error
std::vector<Link> ReadLinks(NetlinkSocket& route);

}  // namespace tidemark::exporter::procfs
