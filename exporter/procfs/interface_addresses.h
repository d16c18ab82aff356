#pragma once

#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// An address of a network interface, from getifaddrs(3).
struct InterfaceAddress {
  std::string device;
  std::string address;
  std::string prefix_length;
  std::string scope;  ///< "global", "link-local" (loopback addresses too, as in node_exporter), or empty
};

/// \throw std::runtime_error
std::vector<InterfaceAddress> ReadInterfaceAddresses();

}  // namespace tidemark::exporter::procfs
