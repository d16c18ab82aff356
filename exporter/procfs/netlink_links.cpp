#include "exporter/procfs/netlink_links.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tidemark::exporter::procfs {
namespace {

struct Number {
  uint16_t attribute;
  std::optional<uint32_t> Link::*property;
};
constexpr std::array<Number, 9> kNumbers{{{IFLA_CARRIER_CHANGES, &Link::carrier_changes},
                                          {IFLA_CARRIER_UP_COUNT, &Link::carrier_up_changes},
                                          {IFLA_CARRIER_DOWN_COUNT, &Link::carrier_down_changes},
                                          {IFLA_MTU, &Link::mtu_bytes},
                                          {IFLA_TXQLEN, &Link::transmit_queue_length},
                                          {IFLA_GROUP, &Link::group},
                                          {IFLA_LINK, &Link::lower_index},
                                          {IFLA_PROMISCUITY, &Link::promiscuous_users},
                                          {IFLA_ALLMULTI, &Link::all_multicast_users}}};

void SetProperty(const rtattr& attribute, Link& link) {
  switch (attribute.rta_type) {
    case IFLA_IFNAME:
      link.name = AttributeText(attribute);
      return;
    case IFLA_ADDRESS:
      link.address = HardwareAddress(AttributeBytes(attribute));
      return;
    case IFLA_BROADCAST:
      link.broadcast = HardwareAddress(AttributeBytes(attribute));
      return;
    case IFLA_IFALIAS:
      link.alias = AttributeText(attribute);
      return;
    case IFLA_OPERSTATE:
      link.operating_state = AttributeValue<uint8_t>(attribute);
      return;
    case IFLA_LINKMODE:
      link.link_mode = AttributeValue<uint8_t>(attribute);
      return;
    case IFLA_STATS64:
      link.counters = AttributeValue<rtnl_link_stats64>(attribute);
      return;
    case IFLA_CARRIER:
      link.has_carrier = AttributeValue<uint8_t>(attribute) != 0;
      return;
    default:
      for (const Number& number : kNumbers) {
        if (number.attribute == attribute.rta_type) link.*number.property = AttributeValue<uint32_t>(attribute);
      }
  }
}

}  // namespace

void ReadLinks(NetlinkSocket& route, LinkList& list) {
  // Without the counters of IPv6, which the kernel would add up over all CPUs.
  struct {
    ifinfomsg any_interface{};
    rtattr attribute{.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK};
    uint32_t mask = RTEXT_FILTER_SKIP_STATS;
  } request;
  list.links.clear();
  list.by_name.clear();
  route.Dump(RTM_GETLINK, request, [&](const nlmsghdr& header) {
    if (header.nlmsg_type != RTM_NEWLINK || header.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return;
    const auto& interface = *static_cast<const ifinfomsg*>(NLMSG_DATA(&header));
    Link& link = list.links.emplace_back();
    link.index = interface.ifi_index;
    link.type = interface.ifi_type;
    link.flags = interface.ifi_flags;
    ForEachMessageAttribute<ifinfomsg>(header, [&](const rtattr& attribute) { SetProperty(attribute, link); });
  });
  for (const Link& link : list.links) list.by_name.push_back(&link);
  std::ranges::sort(list.by_name, {}, &Link::name);
}

CounterAnswer ReadLinkCounters(NetlinkSocket& route, LinkList& list) {
  if_stats_msg request{};
  request.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  size_t position = 0;
  bool is_same = true;
  const auto take = [&](const nlmsghdr& header) {
    if (header.nlmsg_type != RTM_NEWSTATS || header.nlmsg_len < NLMSG_LENGTH(sizeof(if_stats_msg))) return;
    // Both dumps go through the interfaces in the same order.
    const auto& interface = *static_cast<const if_stats_msg*>(NLMSG_DATA(&header));
    is_same = is_same && position < list.links.size() && list.links[position].index == interface.ifindex;
    if (!is_same) return;
    Link& link = list.links[position++];
    ForEachMessageAttribute<if_stats_msg>(header, [&](const rtattr& attribute) {
      if (attribute.rta_type == IFLA_STATS_LINK_64) link.counters = AttributeValue<rtnl_link_stats64>(attribute);
    });
  };
  try {
    route.Dump(RTM_GETSTATS, request, take);
  } catch (const std::system_error& error) {
    if (error.code().value() != EOPNOTSUPP) throw;
    return CounterAnswer::kNotKnown;
  }
  return is_same && position == list.links.size() ? CounterAnswer::kRead : CounterAnswer::kOtherLinks;
}

}  // namespace tidemark::exporter::procfs
