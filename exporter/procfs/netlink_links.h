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

/// Interfaces, whose memory serves from page to page.
struct LinkList {
  std::vector<Link> links;  ///< in the kernel's order
  std::vector<const Link*> by_name;
};

/// Every interface of this network namespace. `route`: a socket of NETLINK_ROUTE. \throw std::system_error
void ReadLinks(NetlinkSocket& route, LinkList& list);

/// What became of asking for counters alone.
enum class CounterAnswer {
  kRead,
  kOtherLinks,  ///< the interfaces are no longer those that are known
  kNotKnown,    ///< kernels before 4.7 have no such question
};
/// Reads the counters alone of the interfaces in `list`. \throw std::system_error
CounterAnswer ReadLinkCounters(NetlinkSocket& route, LinkList& list);

}  // namespace tidemark::exporter::procfs
