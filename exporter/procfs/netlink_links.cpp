#include "exporter/procfs/netlink_links.h"

#include <algorithm>

#include "exporter/procfs/netlink.h"

namespace tidemark::exporter::procfs {

std::vector<LinkStatistics> ReadLinkStatistics() {
  std::vector<LinkStatistics> links;
  NetlinkDump(NETLINK_ROUTE, RTM_GETLINK, ifinfomsg{}, [&](const nlmsghdr& header) {
    if (header.nlmsg_type != RTM_NEWLINK) return;
    LinkStatistics& link = links.emplace_back();
    ForEachMessageAttribute<ifinfomsg>(header, [&](const rtattr& attribute) {
      if (attribute.rta_type == IFLA_IFNAME) {
        link.name = AttributeText(attribute);
      } else if (attribute.rta_type == IFLA_STATS64) {
        link.counters = AttributeValue<rtnl_link_stats64>(attribute);
      }
    });
  });
  return links;
}

}  // namespace tidemark::exporter::procfs
