#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

/// Owns one file descriptor and closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void Reset();

 private:
  int fd_ = -1;
};

/// Reads a whole file of at most `max_bytes` into `content` (replacing it, keeping its capacity). Works for /proc
/// and /sys, whose files have no size. Returns 0, or the errno; EFBIG when the file is longer than `max_bytes`.
int ReadFile(const std::string& path, size_t max_bytes, std::string& content);

/// ReadFile for configuration: returns the content; \throw std::runtime_error naming the path and the reason.
std::string ReadFileOrThrow(const std::string& path, size_t max_bytes);

/// strerror without its thread-safety problem.
std::string ErrnoText(int error_number);

/// `root` + `path` with exactly one slash between them.
std::string JoinPath(std::string_view root, std::string_view path);

}  // namespace tidemark
