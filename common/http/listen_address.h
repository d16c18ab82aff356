#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.h"

namespace tidemark::http {

/// "host:port", "[v6]:port" or ":port" (every interface), as the ecosystem's --web.listen-address takes it.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;

  /// \throw std::invalid_argument saying what the text should look like.
  static ListenAddress Parse(std::string_view text);
  [[nodiscard]] std::string ToString() const;
};

/// A bound, listening, non-blocking socket. Port 0 takes any free port.
/// \throw std::runtime_error with what to do, e.g. "cannot listen on :9100: Address already in use (…)".
UniqueFd Listen(const ListenAddress& address);

/// One for each address. \throw std::runtime_error
std::vector<UniqueFd> ListenAll(const std::vector<ListenAddress>& addresses);

/// What a socket is bound to, for messages: "127.0.0.1:9100", "[::]:9100", or a path.
std::string SocketName(const UniqueFd& socket);

}  // namespace tidemark::http
