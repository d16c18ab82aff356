#include "analyzer/storage/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "common/file.h"

namespace tidemark::storage {

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = EIO;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool ReplaceFile(int fd, const std::string& temporary, const std::string& path) {
  return ::fsync(fd) == 0 && std::rename(temporary.c_str(), path.c_str()) == 0 &&
         SyncDirectory(std::filesystem::path(path).parent_path());
}

bool SyncDirectory(const std::string& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

std::string NumberedName(uint64_t number, std::string_view suffix) {
  constexpr size_t kDigits = 8;
  std::string name = std::to_string(number);
  name.insert(0, name.size() < kDigits ? kDigits - name.size() : 0, '0');
  return name.append(suffix);
}

}  // namespace tidemark::storage
