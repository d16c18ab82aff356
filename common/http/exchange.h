#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/authenticator.h"
#include "common/http/body_stream.h"
#include "common/http/request_head.h"
#include "common/http/router.h"
#include "common/http/web_access.h"
#include "common/log.h"

namespace tidemark::http {

/// Turns one framed request into the bytes of its answer: who asks, what the router decides, how it is compressed and
/// written (RFC 9112). No sockets. Run may be called from any thread.
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

  /// `body` is the decoded body; `client_gone` is the request's.
  [[nodiscard]] Result Run(RequestHead head, std::string body, std::string remote_address,
                           std::shared_ptr<const std::atomic<bool>> client_gone = {}) const;

  /// The next bytes of an answer whose earlier ones were sent. `close`: as was said with them.
  [[nodiscard]] Result Continue(std::unique_ptr<BodyStream> rest, bool close) const;

  /// The lane that a request with this head belongs to.
  [[nodiscard]] Lane LaneOf(const RequestHead& head) const;

  /// The bytes of an error answer to a request that never became whole; the connection closes after it.
  [[nodiscard]] static std::string ErrorAnswer(int status, const std::string& detail);

 private:
  struct Client {
    bool wants_no_body = false;
    bool is_http_1_0 = false;
    bool closes = false;
  };

  [[nodiscard]] Response Answer(Request& request, const WebConfig& web) const;
  /// The bytes of an answer, or the first of them when its length is not known yet.
  [[nodiscard]] Result Begin(Response response, const Client& client) const;

  Router router_;
  WebAccess& access_;
  std::unique_ptr<Authenticator> authenticator_;
  const Logger& logger_;
};

}  // namespace tidemark::http
