#include "common/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
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
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return 0;
    const int error_number = got < 0 ? errno : content.size() + static_cast<size_t>(got) > max_bytes ? EFBIG : 0;
    if (error_number != 0) {
      content.clear();
      return error_number;
    }
    content.append(buffer.data(), static_cast<size_t>(got));
  }
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
