#include "exporter/procfs/kernel_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/text.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::procfs {
namespace {

constexpr size_t kShortPieceBytes = 2048;
/// Room for a small file that has grown: half of it is enough for one that was, and a page what the kernel makes
/// anyhow.
constexpr size_t kSmallBytes = 4096;

}  // namespace

int KernelFile::Open() {
  fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd_) return errno;
  const int64_t file_system = FileSystemOf(fd_);
  is_kept_ = file_system == PROC_SUPER_MAGIC || file_system == SYSFS_MAGIC;
  return 0;
}

bool KernelFile::IsEnd(ssize_t got, size_t room) const {
  switch (pieces_) {
    case Pieces::kAnyLength:
      return false;
    case Pieces::kShort:
      return static_cast<size_t>(got) <= kShortPieceBytes;
    case Pieces::kOne:
      return static_cast<size_t>(got) < room;
  }
  return false;
}

int KernelFile::ReadOnce(size_t max_bytes, std::string& content) {
  content.clear();
  std::array<char, 32 * 1024> buffer;
  // For a sysctl the kernel allocates, and fills with zeros, as much as is asked for (proc_sys_call_handler).
  const size_t room = is_small_ ? kSmallBytes : buffer.size();
  while (true) {
    const ssize_t got = ::pread(fd_.get(), buffer.data(), room, static_cast<off_t>(content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    content.append(buffer.data(), static_cast<size_t>(got));
    if (content.size() > max_bytes) return EFBIG;
    if (got == 0 || (is_kept_ && IsEnd(got, room))) break;
  }
  is_small_ = content.size() <= kShortPieceBytes;
  return 0;
}

int KernelFile::ReadBeginningOnce(size_t bytes, std::string& content) const {
  content.resize(bytes);
  ssize_t got = 0;
  do {
    got = ::pread(fd_.get(), content.data(), bytes, 0);
  } while (got < 0 && errno == EINTR);
  content.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return got < 0 ? errno : 0;
}

template <typename Read>
int KernelFile::WithOpenFile(std::string& content, Read&& read) {
  const bool was_open = static_cast<bool>(fd_);
  int error = was_open ? 0 : Open();
  if (error == 0) error = read();
  if (error != 0 && was_open) {
    error = Open();
    if (error == 0) error = read();
  }
  if (error != 0) content.clear();
  if (error != 0 || !is_kept_) fd_.Reset();
  return error;
}

int ReadFile(KernelFile& file, size_t max_bytes, std::string& content) {
  return file.WithOpenFile(content, [&] { return file.ReadOnce(max_bytes, content); });
}

int ReadBeginning(KernelFile& file, size_t bytes, std::string& content) {
  return file.WithOpenFile(content, [&] { return file.ReadBeginningOnce(bytes, content); });
}

std::optional<uint64_t> ReadUnsigned(KernelFile& file) {
  constexpr size_t kMaxBytes = 4096;
  std::string content;
  if (ReadFile(file, kMaxBytes, content) != 0) return std::nullopt;
  return ParseUnsigned(Trim(content));
}

}  // namespace tidemark::exporter::procfs
