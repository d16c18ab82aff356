#include "common/http/socket_activation.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

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

}  // namespace tidemark::http
