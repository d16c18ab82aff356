#pragma once

#include <string>

#include "common/http/message.h"

namespace tidemark::http {

/// The bytes of an answer's body that is made while it is sent: in chunks (RFC 9112, section 7.1), which end with one
/// that says so, or as it is, for a client whose HTTP/1.0 has the end of the connection end the body.
class BodyStream {
 public:
  BodyStream(std::string first, BodySource rest, bool in_chunks);

  /// The bytes that come next, none only at the end. \throw what the source throws; the body cannot go on then
  [[nodiscard]] std::string Next();
  [[nodiscard]] bool ended() const { return !rest_; }

 private:
  std::string piece_;
  BodySource rest_;
  const bool in_chunks_;
};

}  // namespace tidemark::http
