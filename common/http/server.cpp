#include "common/http/server.h"

#include "common/http/event_loop.h"
#include "common/http/web_access.h"

namespace tidemark::http {

Server::Server(std::vector<UniqueFd> listeners, Router router, const Limits& limits, const Logger& logger,
               const std::string& web_config_file)
    : access_(std::make_unique<WebAccess>(web_config_file, logger)),
      loop_(std::make_unique<EventLoop>(std::move(listeners), Exchange(std::move(router), *access_, logger), *access_,
                                        limits)) {}

Server::~Server() = default;

void Server::Publish(std::string_view channel, std::string_view text) { loop_->Publish(channel, text); }

}  // namespace tidemark::http
