#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <memory>
#include <string_view>

#include "common/file.h"

namespace tidemark::http {

/// A client's socket, non-blocking, with TLS or without.
class Transport {
 public:
  /// `tls`: null for none.
  Transport(UniqueFd socket, SSL_CTX* tls);

  [[nodiscard]] int fd() const { return socket_.get(); }

  /// Bytes that came; 0 at the end; -1 with errno, EAGAIN when there are none now.
  ssize_t Receive(char* data, size_t size);
  /// Bytes that were taken; -1 with errno, EAGAIN when none can be taken now.
  ssize_t Send(std::string_view bytes);
  /// Tells the client that no more comes.
  void ShutdownWrite();

  /// Whether Receive waits for the socket to take bytes: in the middle of a handshake.
  [[nodiscard]] bool receive_wants_write() const { return receive_wants_write_; }

 private:
  ssize_t Fail(int result, bool receiving);

  UniqueFd socket_;
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_;  // goes before the socket
  bool receive_wants_write_ = false;
};

}  // namespace tidemark::http
