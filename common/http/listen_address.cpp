#include "common/http/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace tidemark::http {

ListenAddress ListenAddress::Parse(std::string_view text) {
  const auto fail = [&]() -> std::invalid_argument {
    return std::invalid_argument("listen address \"" + std::string(text) +
                                 "\" must look like \":9100\", \"127.0.0.1:9100\" or \"[::1]:9100\"");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) throw fail();
  ListenAddress address;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) throw fail();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    throw fail();
  }
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) throw fail();
  address.host = host;
  return address;
}

std::string ListenAddress::ToString() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

namespace {

UniqueFd TryListen(const addrinfo& candidate, int& error_number) {
  UniqueFd fd(
      ::socket(candidate.ai_family, candidate.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, candidate.ai_protocol));
  if (!fd) {
    error_number = errno;
    return {};
  }
  constexpr int kOn = 1;
  constexpr int kOff = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  if (candidate.ai_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &kOff, sizeof(kOff));
  if (::bind(fd.get(), candidate.ai_addr, candidate.ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    error_number = errno;
    return {};
  }
  return fd;
}

}  // namespace

UniqueFd Listen(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int lookup = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(), port.c_str(), &hints, &found);
  if (lookup != 0) {
    throw std::runtime_error("cannot listen on " + address.ToString() + ": " + ::gai_strerror(lookup));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  int error_number = 0;
  // IPv6 first: its wildcard socket takes IPv4 clients too.
  for (const int family : {AF_INET6, AF_INET}) {
    for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
      if (candidate->ai_family != family) continue;
      UniqueFd fd = TryListen(*candidate, error_number);
      if (fd) return fd;
      if (error_number == EADDRINUSE) break;
    }
    if (error_number == EADDRINUSE) break;
  }
  std::string hint;
  if (error_number == EADDRINUSE) hint = " (stop the other process or choose another port with --web.listen-address)";
  if (error_number == EACCES) hint = " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
  throw std::runtime_error("cannot listen on " + address.ToString() + ": " + ErrnoText(error_number) + hint);
}

std::vector<UniqueFd> ListenAll(const std::vector<ListenAddress>& addresses) {
  std::vector<UniqueFd> sockets;
  sockets.reserve(addresses.size());
  for (const ListenAddress& address : addresses) sockets.push_back(Listen(address));
  return sockets;
}

std::string SocketName(const UniqueFd& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV + sizeof(address)> service{};  // of a path: all of it
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host.data(), host.size(), service.data(),
                    service.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  if (address.ss_family == AF_UNIX) return service.data();
  const std::string name = address.ss_family == AF_INET6 ? "[" + std::string(host.data()) + "]" : host.data();
  return name + ":" + service.data();
}

}  // namespace tidemark::http
