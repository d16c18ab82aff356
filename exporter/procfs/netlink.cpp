#include "exporter/procfs/netlink.h"

#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace tidemark::exporter::procfs {
namespace {

[[noreturn]] void Fail(int error_number, const char* what) {
  throw std::system_error(error_number, std::generic_category(), what);
}

}  // namespace

void NetlinkSocket::Open() {
  socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol_));
  if (!socket_) Fail(errno, "netlink socket");
  const timeval timeout{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

void NetlinkSocket::DumpBytes(uint16_t type, std::span<const char> body,
                              const std::function<void(const nlmsghdr& header)>& visit) {
  if (!socket_) Open();
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(body.size()));
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = 1;
  std::vector<char> request(NLMSG_SPACE(body.size()));
  std::memcpy(request.data(), &header, sizeof(header));
  std::memcpy(request.data() + NLMSG_HDRLEN, body.data(), body.size());
  try {
    if (::send(socket_.get(), request.data(), header.nlmsg_len, 0) < 0) Fail(errno, "netlink request");
    Receive(visit);
  } catch (...) {
    socket_.Reset();
    throw;
  }
}

void NetlinkSocket::Receive(const std::function<void(const nlmsghdr& header)>& visit) {
  alignas(nlmsghdr) std::array<char, 32 * 1024> buffer;
  while (true) {
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail(errno, "netlink answer");
    auto left = static_cast<unsigned>(got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return;
      if (message->nlmsg_type == NLMSG_ERROR)
        Fail(-static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error, "netlink dump");
      visit(*message);
    }
  }
}

std::string_view AttributeBytes(const rtattr& attribute) {
  return {static_cast<const char*>(RTA_DATA(&attribute)), RTA_PAYLOAD(&attribute)};
}

std::string_view AttributeText(const rtattr& attribute) {
  const std::string_view bytes = AttributeBytes(attribute);
  return bytes.substr(0, bytes.find('\0'));
}

std::string HardwareAddress(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ':';
    text += kDigits[byte / 16];
    text += kDigits[byte % 16];
  }
  return text;
}

std::string InterfaceName(int index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(static_cast<unsigned>(index), name.data()) != nullptr ? name.data() : "";
}

}  // namespace tidemark::exporter::procfs
