#pragma once

#include <linux/if_link.h>

#include <array>

namespace tidemark::exporter {

/// The flag that has netclass write them, and not netdev.
inline constexpr const char* kNetclassWithStats = "collector.netclass_rtnl.with-stats";

/// A counter of an interface as rtnetlink(7) has it, under the name that node_exporter gives it.
struct LinkCounter {
  const char* name;
  __u64 rtnl_link_stats64::*value;
};
constexpr std::array<LinkCounter, 24> kLinkCounters{
    {{"collisions", &rtnl_link_stats64::collisions},
     {"multicast", &rtnl_link_stats64::multicast},
     {"receive_bytes", &rtnl_link_stats64::rx_bytes},
     {"receive_compressed", &rtnl_link_stats64::rx_compressed},
     {"receive_crc_errors", &rtnl_link_stats64::rx_crc_errors},
     {"receive_dropped", &rtnl_link_stats64::rx_dropped},
     {"receive_errors", &rtnl_link_stats64::rx_errors},
     {"receive_fifo_errors", &rtnl_link_stats64::rx_fifo_errors},
     {"receive_frame_errors", &rtnl_link_stats64::rx_frame_errors},
     {"receive_length_errors", &rtnl_link_stats64::rx_length_errors},
     {"receive_missed_errors", &rtnl_link_stats64::rx_missed_errors},
     {"receive_nohandler", &rtnl_link_stats64::rx_nohandler},
     {"receive_over_errors", &rtnl_link_stats64::rx_over_errors},
     {"receive_packets", &rtnl_link_stats64::rx_packets},
     {"transmit_aborted_errors", &rtnl_link_stats64::tx_aborted_errors},
     {"transmit_bytes", &rtnl_link_stats64::tx_bytes},
     {"transmit_carrier_errors", &rtnl_link_stats64::tx_carrier_errors},
     {"transmit_compressed", &rtnl_link_stats64::tx_compressed},
     {"transmit_dropped", &rtnl_link_stats64::tx_dropped},
     {"transmit_errors", &rtnl_link_stats64::tx_errors},
     {"transmit_fifo_errors", &rtnl_link_stats64::tx_fifo_errors},
     {"transmit_heartbeat_errors", &rtnl_link_stats64::tx_heartbeat_errors},
     {"transmit_packets", &rtnl_link_stats64::tx_packets},
     {"transmit_window_errors", &rtnl_link_stats64::tx_window_errors}}};

}  // namespace tidemark::exporter
