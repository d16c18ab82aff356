#include "exporter/procfs/interface_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <bit>
#include <cerrno>
#include <memory>
#include <stdexcept>

#include "common/file.h"
#include "common/ip_address.h"

namespace tidemark::exporter::procfs {
namespace {

std::string ScopeOf(const in_addr& address) {
  const uint32_t bits = ntohl(address.s_addr);
  constexpr uint32_t kLoopback = 127U << 24;
  constexpr uint32_t kLinkLocal = 169U << 24 | 254U << 16;
  if ((bits & 0xFF000000U) == kLoopback || (bits & 0xFFFF0000U) == kLinkLocal) return "link-local";
  return IN_MULTICAST(bits) || bits == INADDR_ANY || bits == INADDR_BROADCAST ? "" : "global";
}

std::string ScopeOf(const in6_addr& address) {
  if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_LINKLOCAL(&address)) return "link-local";
  return IN6_IS_ADDR_MULTICAST(&address) || IN6_IS_ADDR_UNSPECIFIED(&address) ? "" : "global";
}

/// Text of an address and its mask; empty for other families.
InterfaceAddress Describe(const ifaddrs& entry) {
  InterfaceAddress out{.device = entry.ifa_name, .address = "", .prefix_length = "", .scope = ""};
  int prefix_length = 0;
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr)->sin_addr;
    out.address = IpAddressText(AF_INET, &address);
    out.scope = ScopeOf(address);
    prefix_length = std::popcount(reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask)->sin_addr.s_addr);
  } else {
    const auto& address = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr;
    out.address = IpAddressText(AF_INET6, &address);
    out.scope = ScopeOf(address);
    for (const uint8_t byte : reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask)->sin6_addr.s6_addr)
      prefix_length += std::popcount(byte);
  }
  out.prefix_length = std::to_string(prefix_length);
  return out;
}

}  // namespace

std::vector<InterfaceAddress> ReadInterfaceAddresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) throw std::runtime_error("getifaddrs: " + ErrnoText(errno));
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr) continue;
    if (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6)
      addresses.push_back(Describe(*entry));
  }
  return addresses;
}

}  // namespace tidemark::exporter::procfs
