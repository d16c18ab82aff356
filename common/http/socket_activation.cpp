#include "common/http/socket_activation.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "common/dynamic_library.h"

namespace tidemark::http {

std::vector<UniqueFd> ActivatedSockets() {
  decltype(&::sd_listen_fds) listen_fds = nullptr;
  decltype(&::sd_is_socket) is_socket = nullptr;
  const DynamicLibrary library("libsystemd.so.0", "libsystemd0");
  library.Load("sd_listen_fds", listen_fds);
  library.Load("sd_is_socket", is_socket);
  constexpr int kUnsetEnvironment = 1;
  const int count = listen_fds(kUnsetEnvironment);
  if (count < 0) throw std::runtime_error("cannot take the sockets of the service manager: " + ErrnoText(-count));
  if (count == 0)
    throw std::runtime_error(
        "the service manager has passed no socket: start this by its .socket unit, or without --web.systemd-socket");
  std::vector<UniqueFd> sockets;
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    constexpr int kListening = 1;
    const UniqueFd& socket = sockets.emplace_back(fd);
    if (is_socket(fd, AF_UNSPEC, SOCK_STREAM, kListening) <= 0)
      throw std::runtime_error("descriptor " + std::to_string(fd) +
                               " of the service manager is no listening stream socket (ListenStream= with Accept=no)");
    if (::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK) != 0)
      throw std::runtime_error("cannot use descriptor " + std::to_string(fd) + ": " + ErrnoText(errno));
  }
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
