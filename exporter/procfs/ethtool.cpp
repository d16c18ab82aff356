#include "exporter/procfs/ethtool.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tidemark::exporter::procfs {

Ethtool::Ethtool() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  if (!socket_) throw std::system_error(errno, std::generic_category(), "cannot open a socket");
}

bool Ethtool::Ask(const std::string& device, void* command) const {
  ifreq request{};
  if (device.size() >= sizeof(request.ifr_name)) return false;
  std::ranges::copy(device, request.ifr_name);
  request.ifr_data = static_cast<char*>(command);
  return ::ioctl(socket_.get(), SIOCETHTOOL, &request) == 0;
}

std::optional<ethtool_cmd> Ethtool::Link(const std::string& device) const {
  ethtool_cmd link{};
  link.cmd = ETHTOOL_GSET;
  return Ask(device, &link) ? std::optional(link) : std::nullopt;
}

}  // namespace tidemark::exporter::procfs
