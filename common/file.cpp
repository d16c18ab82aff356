#include "common/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tidemark {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::Reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int ReadFile(const std::string& path, size_t max_bytes, std::string& content) {
  content.clear();
  // O_NONBLOCK: a FIFO put where a file is expected must not hold the reader.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno;
  constexpr size_t kFirstRead = 16 * 1024;
  size_t used = 0;
  while (true) {
    if (used == content.size()) content.resize(used == 0 ? kFirstRead : used * 2);
    const ssize_t got = ::read(fd.get(), content.data() + used, content.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      const int error_number = errno;
      content.clear();
      return error_number;
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used > max_bytes) {
      content.clear();
      return EFBIG;
    }
  }
  content.resize(used);
  return 0;
}

std::string ReadFileOrThrow(const std::string& path, size_t max_bytes) {
  std::string content;
  if (const int error_number = ReadFile(path, max_bytes, content); error_number != 0) {
    throw std::runtime_error("cannot read " + path + ": " + ErrnoText(error_number));
  }
  return content;
}

std::string ErrnoText(int error_number) { return std::generic_category().message(error_number); }

std::string JoinPath(std::string_view root, std::string_view path) {
  while (!root.empty() && root.back() == '/') root.remove_suffix(1);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  std::string joined(root);
  joined += '/';
  joined += path;
  return joined;
}

}  // namespace tidemark
