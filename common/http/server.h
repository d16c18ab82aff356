#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.h"
#include "common/http/limits.h"
#include "common/http/router.h"
#include "common/log.h"

namespace tidemark::http {

class EventLoop;
class WebAccess;

/// An HTTP/1.1 server whose clients cannot hurt each other.
///
/// A few threads take turns: they read, frame and write without blocking, run handlers on requests that are whole, and
/// one is always left for the next. So a slow sender, an idle keep-alive connection, a client that does not read its
/// answer or a thousand event-stream listeners cost a descriptor and some bytes each, never a thread. Limits are
/// enforced while bytes arrive (RequestFramer), and when connections run out, the one that has waited longest makes
/// room.
class Server {
 public:
  /// `listeners`: listening, non-blocking sockets. `web_config_file`: TLS and users (WebConfig); empty for none.
  /// \throw std::runtime_error when the file cannot be used
  Server(std::vector<UniqueFd> listeners, Router router, const Limits& limits, const Logger& logger,
         const std::string& web_config_file = "");
  /// Stops taking connections, lets running requests finish for at most a second, closes the rest.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Sends `text` (a whole server-sent event) to every client of `channel`. Any thread.
  void Publish(std::string_view channel, std::string_view text);

 private:
  std::unique_ptr<WebAccess> access_;
  std::unique_ptr<EventLoop> loop_;
};

}  // namespace tidemark::http
