#include "common/http/server.h"

#include "common/http/event_loop.h"

namespace tidemark::http {

Server::Server(const std::vector<ListenAddress>& addresses, Router router, const Limits& limits, const Logger& logger) {
  std::vector<UniqueFd> sockets;
  sockets.reserve(addresses.size());
  for (const ListenAddress& address : addresses) sockets.push_back(Listen(address));
  port_ = sockets.empty() ? 0 : BoundPort(sockets.front());
  loop_ = std::make_unique<EventLoop>(std::move(sockets), Exchange(std::move(router), logger), limits);
}

Server::~Server() = default;

void Server::Publish(std::string_view channel, std::string_view text) { loop_->Publish(channel, text); }

}  // namespace tidemark::http
