// The routing table, from rtnetlink(7).

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "common/ip_address.h"
#include "exporter/collector.h"
#include "exporter/procfs/netlink.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

/// Who made a route (the kernel's include/uapi/linux/rtnetlink.h).
constexpr std::pair<int, const char*> kProtocols[] = {
    {RTPROT_UNSPEC, "unspec"}, {RTPROT_REDIRECT, "redirect"}, {RTPROT_KERNEL, "kernel"},
    {RTPROT_BOOT, "boot"},     {RTPROT_STATIC, "static"},     {RTPROT_GATED, "gated"},
    {RTPROT_RA, "ra"},         {RTPROT_MRT, "mrt"},           {RTPROT_ZEBRA, "zebra"},
    {RTPROT_BIRD, "bird"},     {RTPROT_DNROUTED, "dnrouted"}, {RTPROT_XORP, "xorp"},
    {RTPROT_NTK, "ntk"},       {RTPROT_DHCP, "dhcp"},         {RTPROT_MROUTED, "mrouted"},
    {RTPROT_BABEL, "babel"},   {RTPROT_BGP, "bgp"},           {RTPROT_ISIS, "isis"},
    {RTPROT_OSPF, "ospf"},     {RTPROT_RIP, "rip"},           {RTPROT_EIGRP, "eigrp"}};

/// The labels of node_network_route_info, in the order of their names.
struct Route {
  std::string destination = "default";
  std::string device;
  std::string gateway;
  std::string priority = "0";
  std::string protocol = "unknown";
  std::string source;
  std::string weight;

  [[nodiscard]] auto Key() const { return std::tie(destination, device, gateway, priority, protocol, source, weight); }
  bool operator<(const Route& other) const { return Key() < other.Key(); }
};

std::string AddressText(int family, const rtattr& attribute) {
  const size_t bytes = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  if (RTA_PAYLOAD(&attribute) < bytes) return "";
  return IpAddressText(family, RTA_DATA(&attribute));
}

/// A route of several ways: one for each.
void AddNextHops(const rtattr& attribute, int family, const Route& route, std::vector<Route>& routes) {
  auto left = static_cast<int>(RTA_PAYLOAD(&attribute));
  for (auto* hop = static_cast<const rtnexthop*>(RTA_DATA(&attribute)); RTNH_OK(hop, left);) {
    Route& way = routes.emplace_back(route);
    way.device = procfs::InterfaceName(hop->rtnh_ifindex);
    way.weight = std::to_string(hop->rtnh_hops + 1);
    way.gateway.clear();
    procfs::ForEachAttribute(RTNH_DATA(hop), hop->rtnh_len - sizeof(rtnexthop), [&](const rtattr& nested) {
      if (nested.rta_type == RTA_GATEWAY) way.gateway = AddressText(family, nested);
    });
    left -= RTNH_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
}

void AddRoute(const nlmsghdr& header, std::vector<Route>& routes) {
  const auto& message = *static_cast<const rtmsg*>(NLMSG_DATA(&header));
  if (header.nlmsg_type != RTM_NEWROUTE || message.rtm_type != RTN_UNICAST) return;
  Route route;
  for (const auto& [number, name] : kProtocols) {
    if (number == message.rtm_protocol) route.protocol = name;
  }
  const rtattr* next_hops = nullptr;
  procfs::ForEachMessageAttribute<rtmsg>(header, [&](const rtattr& attribute) {
    const int family = message.rtm_family;
    if (attribute.rta_type == RTA_DST) {
      route.destination = AddressText(family, attribute) + "/" + std::to_string(message.rtm_dst_len);
    } else if (attribute.rta_type == RTA_OIF) {
      route.device = procfs::InterfaceName(procfs::AttributeValue<int>(attribute));
    } else if (attribute.rta_type == RTA_GATEWAY) {
      route.gateway = AddressText(family, attribute);
    } else if (attribute.rta_type == RTA_PRIORITY) {
      route.priority = std::to_string(procfs::AttributeValue<uint32_t>(attribute));
    } else if (attribute.rta_type == RTA_PREFSRC) {
      route.source = AddressText(family, attribute);
    } else if (attribute.rta_type == RTA_MULTIPATH) {
      next_hops = &attribute;
    }
  });
  if (next_hops != nullptr) {
    AddNextHops(*next_hops, message.rtm_family, route, routes);
  } else {
    routes.push_back(std::move(route));
  }
}

class NetworkRouteCollector final : public Collector {
 public:
  explicit NetworkRouteCollector(const CollectorContext& /*context*/) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<Route> routes;
    procfs::NetlinkDump(NETLINK_ROUTE, RTM_GETROUTE, rtmsg{},
                        [&](const nlmsghdr& header) { AddRoute(header, routes); });
    if (routes.empty()) return CollectStatus::Ok();
    std::map<std::string, double> by_device;
    for (const Route& route : routes) ++by_device[route.device];
    // Two tables may have the same route.
    const std::set<Route> distinct(routes.begin(), routes.end());
    writer.Family("node_network_route_info", "network routing table information", MetricType::kGauge);
    for (const Route& route : distinct) {
      writer.Sample({{"dest", route.destination},
                     {"device", route.device},
                     {"gw", route.gateway},
                     {"priority", route.priority},
                     {"proto", route.protocol},
                     {"src", route.source},
                     {"weight", route.weight}},
                    1);
    }
    writer.Family("node_network_routes", "network routes by interface", MetricType::kGauge);
    for (const auto& [device, count] : by_device) writer.Sample({{"device", device}}, count);
    return CollectStatus::Ok();
  }
};

TIDEMARK_COLLECTOR(network_route, {.name = "network_route",
                                   .enabled_by_default = false,
                                   .flags = {},
                                   .create = Create<NetworkRouteCollector>});

}  // namespace
}  // namespace tidemark::exporter
