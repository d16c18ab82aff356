#pragma once

#include <arpa/inet.h>

#include <array>
#include <string>

namespace tidemark {

/// An address as text. `address`: an in_addr or in6_addr, as `family` says; empty for another family.
inline std::string IpAddressText(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace tidemark
