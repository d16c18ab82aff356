#include "exporter/procfs/netlink_links.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "common/file.h"

namespace tidemark::exporter::procfs {
namespace {

[[noreturn]] void Fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

LinkStatistics ParseLink(const nlmsghdr& header) {
  LinkStatistics link;
  const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(&header));
  auto remaining = static_cast<int>(IFLA_PAYLOAD(&header));
  for (const rtattr* attribute = IFLA_RTA(info); RTA_OK(attribute, remaining);
       attribute = RTA_NEXT(attribute, remaining)) {
    const size_t payload = RTA_PAYLOAD(attribute);
    if (attribute->rta_type == IFLA_IFNAME) {
      link.name.assign(static_cast<const char*>(RTA_DATA(attribute)),
                       strnlen(static_cast<const char*>(RTA_DATA(attribute)), payload));
    } else if (attribute->rta_type == IFLA_STATS64) {
      // Older kernels send a shorter struct: the counters they lack stay zero.
      std::memcpy(&link.counters, RTA_DATA(attribute), std::min(payload, sizeof(link.counters)));
    }
  }
  return link;
}

}  // namespace

std::vector<LinkStatistics> ReadLinkStatistics() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) Fail("netlink socket");
  const timeval timeout{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  struct {
    nlmsghdr header;
    ifinfomsg info;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = 1;
  request.info.ifi_family = AF_UNSPEC;
  if (::send(socket.get(), &request, sizeof(request), 0) < 0) Fail("netlink request");

  std::vector<LinkStatistics> links;
  alignas(nlmsghdr) static thread_local char buffer[32 * 1024];
  while (true) {
    const ssize_t got = ::recv(socket.get(), buffer, sizeof(buffer), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail("netlink answer");
    auto remaining = static_cast<unsigned int>(got);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(header, remaining);
         header = NLMSG_NEXT(header, remaining)) {
      if (header->nlmsg_type == NLMSG_DONE) return links;
      if (header->nlmsg_type == NLMSG_ERROR) {
        errno = -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
        Fail("netlink dump");
      }
      if (header->nlmsg_type == RTM_NEWLINK) links.push_back(ParseLink(*header));
    }
  }
}

}  // namespace tidemark::exporter::procfs
