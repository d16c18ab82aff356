#include "analyzer/scrape/plain_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace tidemark::scrape {
namespace {

/// Reads ahead into a buffer. The socket's own timeouts, which httplib sets, bound each call.
class BufferedStream final : public httplib::Stream {
 public:
  explicit BufferedStream(int socket)
      : socket_(socket), buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {}

  bool is_readable() const override { return begin_ < end_ || IsReady(POLLIN); }
  bool is_writable() const override { return IsReady(POLLOUT); }

  ssize_t read(char* out, size_t size) override {
    if (begin_ == end_) {
      const ssize_t received = Retry([&] { return ::recv(socket_, buffer_.get(), kBufferBytes, 0); });
      if (received <= 0) return received;
      begin_ = 0;
      end_ = static_cast<size_t>(received);
    }
    const size_t taken = std::min(size, end_ - begin_);
    std::memcpy(out, buffer_.get() + begin_, taken);
    begin_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* data, size_t size) override {
    return Retry([&] { return ::send(socket_, data, size, MSG_NOSIGNAL); });
  }

  // Nobody asks a client's stream for addresses.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  static constexpr size_t kBufferBytes = size_t{64} << 10;

  template <typename Call>
  static ssize_t Retry(Call&& call) {
    ssize_t result = -1;
    do result = call();
    while (result < 0 && errno == EINTR);
    return result;
  }
  bool IsReady(short events) const {
    pollfd waited{.fd = socket_, .events = events, .revents = 0};
    return ::poll(&waited, 1, 0) > 0;
  }

  const int socket_;
  const std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace

bool PlainClient::process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> callback) {
  BufferedStream stream(socket.sock);
  return callback(stream);
}

}  // namespace tidemark::scrape
