#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tidemark::http {

/// What comes before a request's body (RFC 9112, sections 3 and 5), within the server's limits.
struct RequestHead {
  std::string method;
  /// As it stands in the request line: a path with its query, or "*".
  std::string target;
  bool is_http_1_0 = false;
  /// Without Expect, Content-Length and Transfer-Encoding: the body that goes with it is whole and decoded.
  Fields headers{};

  [[nodiscard]] std::string_view RawPath() const;
  /// Without its "?"; empty when there is none.
  [[nodiscard]] std::string_view Query() const;
  /// Whether the client sends no more requests on its connection, or does not know how (RFC 9112, section 9.3).
  [[nodiscard]] bool ClosesConnection() const;
};

}  // namespace tidemark::http
