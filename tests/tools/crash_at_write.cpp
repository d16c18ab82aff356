// Preloaded into the analyzer by the crash test: ends the process, as a power cut would, at the Nth call that changes a
// file under CRASH_DIRECTORY. CRASH_AT is N (0: never); every other time the write is torn in the middle first. With
// CRASH_COUNT_FILE set, the count of such calls is kept there, so that the test knows how many there are.

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::atomic<long> calls{0};

template <typename F>
F Real(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

bool IsWatched(const char* path) {
  const char* const directory = std::getenv("CRASH_DIRECTORY");
  return directory != nullptr && path != nullptr && std::strstr(path, directory) != nullptr;
}

bool IsWatched(int fd) {
  char path[PATH_MAX] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return ::readlink(link.c_str(), path, sizeof(path) - 1) > 0 && IsWatched(path);
}

/// Counts a call; true when it is the one to die at.
bool IsTheOne() {
  const long number = ++calls;
  if (const char* file = std::getenv("CRASH_COUNT_FILE")) {
    if (FILE* out = std::fopen(file, "w")) {
      std::fprintf(out, "%ld", number);
      std::fclose(out);
    }
  }
  const char* const at = std::getenv("CRASH_AT");
  return at != nullptr && std::atol(at) == number;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  if (IsWatched(fd) && IsTheOne()) {
    if (calls % 2 == 0) real(fd, data, size / 2);
    ::_exit(77);
  }
  return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  if (IsWatched(fd) && IsTheOne()) {
    if (calls % 2 == 0) real(fd, data, size / 2, offset);
    ::_exit(77);
  }
  return real(fd, data, size, offset);
}

int fsync(int fd) {
  if (IsWatched(fd) && IsTheOne()) ::_exit(77);
  return Real<int (*)(int)>("fsync")(fd);
}

int fdatasync(int fd) {
  if (IsWatched(fd) && IsTheOne()) ::_exit(77);
  return Real<int (*)(int)>("fdatasync")(fd);
}

int ftruncate(int fd, off_t length) noexcept {
  if (IsWatched(fd) && IsTheOne()) ::_exit(77);
  return Real<int (*)(int, off_t)>("ftruncate")(fd, length);
}

int rename(const char* from, const char* to) noexcept {
  if (IsWatched(from) && IsTheOne()) ::_exit(77);
  return Real<int (*)(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) noexcept {
  if (IsWatched(path) && IsTheOne()) ::_exit(77);
  return Real<int (*)(const char*)>("unlink")(path);
}

}  // extern "C"
