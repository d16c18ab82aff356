#include "common/http/transport.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <new>

namespace tidemark::http {

namespace {

void AnswerPlainRequest(int fd) {
  constexpr std::string_view kAnswer =
      "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nThis is an HTTPS server: use https://.\n";
  // A socket that is closed with bytes unread sends a reset, and the client would not see the answer.
  std::array<char, 16 * 1024> rest;
  (void)::recv(fd, rest.data(), rest.size(), 0);
  (void)::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

}  // namespace

Transport::Transport(UniqueFd socket, SSL_CTX* tls)
    : socket_(std::move(socket)), ssl_(tls != nullptr ? ::SSL_new(tls) : nullptr, &::SSL_free) {
  if (tls == nullptr) return;
  if (!ssl_ || ::SSL_set_fd(ssl_.get(), socket_.get()) != 1) throw std::bad_alloc();
  ::SSL_set_accept_state(ssl_.get());
}

/// Says as recv and send do what OpenSSL says.
ssize_t Transport::Fail(int result, bool receiving) {
  const int error = ::SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    receive_wants_write_ = receiving && error == SSL_ERROR_WANT_WRITE;
    errno = EAGAIN;
    return -1;
  }
  if (error == SSL_ERROR_SSL && ERR_GET_REASON(::ERR_peek_error()) == SSL_R_HTTP_REQUEST)
    AnswerPlainRequest(socket_.get());
  // The queue is the thread's: what is left in it would be taken for the next client's.
  ::ERR_clear_error();
  errno = ECONNRESET;
  return -1;
}

ssize_t Transport::Receive(char* data, size_t size) {
  if (!ssl_) return ::recv(socket_.get(), data, size, 0);
  receive_wants_write_ = false;
  ::ERR_clear_error();
  const int got = ::SSL_read(ssl_.get(), data, static_cast<int>(std::min<size_t>(size, INT_MAX)));
  return got > 0 ? got : Fail(got, true);
}

ssize_t Transport::Send(std::string_view bytes) {
  if (!ssl_) return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::ERR_clear_error();
  const int sent = ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)));
  return sent > 0 ? sent : Fail(sent, false);
}

void Transport::ShutdownWrite() {
  if (ssl_) {
    ::SSL_shutdown(ssl_.get());
    ::ERR_clear_error();
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace tidemark::http
