#include "common/http/server.h"

#include "common/http/event_loop.h"
#include "common/http/web_access.h"

namespace tidemark::http {

Server::Server(const std::vector<ListenAddress>& addresses, Router router, const Limits& limits, const Logger& logger,
               const std::string& web_config_file)
    : access_(std::make_unique<WebAccess>(web_config_file, logger)) {
  std::vector<UniqueFd> sockets;
  sockets.reserve(addresses.size());
  for (const ListenAddress& address : addresses) sockets.push_back(Listen(address));
  port_ = sockets.empty() ? 0 : BoundPort(sockets.front());
  loop_ =
      std::make_unique<EventLoop>(std::move(sockets), Exchange(std::move(router), *access_, logger), *access_, limits);
}

Server::~Server() = default;

void Server::Publish(std::string_view channel, std::string_view text) { loop_->Publish(channel, text); }

}  // namespace tidemark::http
