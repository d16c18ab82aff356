#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/authenticator.h"
#include "common/http/body_stream.h"
#include "common/http/router.h"
#include "common/http/web_access.h"
#include "common/log.h"

namespace tidemark::http {

/// Turns one framed request into the bytes of its answer: cpp-httplib parses the head and writes the answer, the
/// router decides. No sockets. Run may be called from any thread.
class Exchange {
 public:
  struct Result {
    std::string bytes;
    bool close = false;
    std::string event_channel{};
    std::unique_ptr<BodyStream> rest{};  ///< what Continue makes the bytes of that come after these; null: nothing
  };

  /// `access` outlives the object.
  Exchange(Router router, WebAccess& access, const Logger& logger);
  Exchange(Exchange&&) noexcept;
  ~Exchange();

  /// `head` ends in an empty line and is within the limits; `body` is the decoded body; `client_gone` is the request's.
  [[nodiscard]] Result Run(const std::string& head, std::string body, std::string remote_address,
                           std::shared_ptr<const std::atomic<bool>> client_gone = {}) const;

  /// The next bytes of an answer whose earlier ones were sent. `close`: as was said with them.
  [[nodiscard]] Result Continue(std::unique_ptr<BodyStream> rest, bool close) const;

  /// The lane that a request with this head belongs to.
  [[nodiscard]] Lane LaneOf(std::string_view head) const;

  /// The bytes of an error answer to a request that never became whole; the connection closes after it.
  [[nodiscard]] static std::string ErrorAnswer(int status, const std::string& detail);

 private:
  class HttplibServer;

  struct Client {
    bool wants_no_body = false;
    bool knows_chunks = true;
  };

  [[nodiscard]] Response Answer(Request& request, const WebConfig& web) const;
  /// An answer whose length is not known when it begins.
  [[nodiscard]] Result Begin(Response response, const Client& client, bool close) const;

  Router router_;
  WebAccess& access_;
  std::unique_ptr<Authenticator> authenticator_;
  const Logger& logger_;
  std::unique_ptr<HttplibServer> httplib_;
};

}  // namespace tidemark::http
