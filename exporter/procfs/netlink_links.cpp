#include "exporter/procfs/netlink_links.h"

#include <algorithm>
#include <array>

#include "exporter/procfs/netlink.h"

namespace tidemark::exporter::procfs {
namespace {

/// As sysfs writes an address of any length: "02:fc:00:00:00:01".
std::string AddressText(const rtattr& attribute) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  const auto* bytes = static_cast<const uint8_t*>(RTA_DATA(&attribute));
  for (size_t i = 0; i < RTA_PAYLOAD(&attribute); ++i) {
    if (i > 0) text += ':';
    text += kDigits[bytes[i] / 16];
    text += kDigits[bytes[i] % 16];
  }
  return text;
}

struct Number {
  uint16_t attribute;
  std::optional<uint32_t> LinkProperties::*property;
};
constexpr std::array<Number, 9> kNumbers{{{IFLA_CARRIER_CHANGES, &LinkProperties::carrier_changes},
                                          {IFLA_CARRIER_UP_COUNT, &LinkProperties::carrier_up_changes},
                                          {IFLA_CARRIER_DOWN_COUNT, &LinkProperties::carrier_down_changes},
                                          {IFLA_MTU, &LinkProperties::mtu_bytes},
                                          {IFLA_TXQLEN, &LinkProperties::transmit_queue_length},
                                          {IFLA_GROUP, &LinkProperties::group},
                                          {IFLA_LINK, &LinkProperties::lower_index},
                                          {IFLA_PROMISCUITY, &LinkProperties::promiscuous_users},
                                          {IFLA_ALLMULTI, &LinkProperties::all_multicast_users}}};

void SetProperty(const rtattr& attribute, LinkProperties& link) {
  switch (attribute.rta_type) {
    case IFLA_IFNAME:
      link.name = AttributeText(attribute);
      return;
    case IFLA_ADDRESS:
      link.address = AddressText(attribute);
      return;
    case IFLA_BROADCAST:
      link.broadcast = AddressText(attribute);
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

std::vector<LinkProperties> ReadLinkProperties() {
  struct {
    ifinfomsg interface {};
    rtattr mask{.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK};
    uint32_t filter = RTEXT_FILTER_SKIP_STATS;
  } const request;
  std::vector<LinkProperties> links;
  NetlinkDump(NETLINK_ROUTE, RTM_GETLINK, request, [&](const nlmsghdr& header) {
    if (header.nlmsg_type != RTM_NEWLINK || header.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) return;
    const auto& interface = *static_cast<const ifinfomsg*>(NLMSG_DATA(&header));
    LinkProperties& link = links.emplace_back();
    link.index = interface.ifi_index;
    link.type = interface.ifi_type;
    link.flags = interface.ifi_flags;
    ForEachMessageAttribute<ifinfomsg>(header, [&](const rtattr& attribute) { SetProperty(attribute, link); });
  });
  return links;
}

}  // namespace tidemark::exporter::procfs
