#pragma once

#include <linux/if_link.h>

#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

struct LinkStatistics {
  std::string name;
  rtnl_link_stats64 counters{};
};

/// Every network interface of this network namespace with its 64-bit counters, by one RTM_GETLINK dump (rtnetlink(7)):
/// faster than /proc/net/dev, and with counters that file adds together. \throw std::system_error
std::vector<LinkStatistics> ReadLinkStatistics();

}  // namespace tidemark::exporter::procfs
