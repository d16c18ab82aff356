#include "exporter/procfs/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/text.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter::procfs {
namespace {

/// An attribute of sysfs is at most a page, of 64 KiB on some architectures.
constexpr size_t kMaxAttributeBytes = 64 << 10;

}  // namespace

int ListDirectory(const std::string& path, std::vector<std::string>& names) {
  names.clear();
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  return directory ? ReadNames(directory, names) : errno;
}

int ReadNames(const UniqueFd& directory, std::vector<std::string>& names, bool is_sysfs) {
  names.clear();
  // Not by readdir(3), which asks for the directory's status and allocates its buffer each time.
  alignas(dirent64) std::array<char, 32 << 10> buffer;
  while (true) {
    const ssize_t got = ::getdents64(directory.get(), buffer.data(), buffer.size());
    if (got < 0) return errno;
    if (got == 0) break;
    for (const char* at = buffer.data(); at != buffer.data() + got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(at);
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      at += entry->d_reclen;
    }
    if (is_sysfs && static_cast<size_t>(got) + sizeof(dirent64) <= buffer.size()) break;
  }
  std::ranges::sort(names);
  return 0;
}

int64_t FileSystemOf(const UniqueFd& file) {
  struct statfs status {};
  return ::fstatfs(file.get(), &status) == 0 ? status.f_type : 0;
}

std::vector<std::string> Entries(const std::string& path) {
  std::vector<std::string> names;
  ListDirectory(path, names);
  return names;
}

std::optional<std::string> ReadText(const std::string& path) {
  std::string content;
  if (ReadFile(path, kMaxAttributeBytes, content) != 0) return std::nullopt;
  return std::string(Trim(content));
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const auto bits = ParseHexadecimal(text.substr(2));
    return bits ? std::optional(static_cast<int64_t>(*bits)) : std::nullopt;
  }
  return ParseSigned(text);
}

std::optional<int64_t> ReadInteger(const std::string& path) {
  const std::optional<std::string> text = ReadText(path);
  return text ? ParseInteger(*text) : std::nullopt;
}

std::optional<uint64_t> ReadUnsigned(const std::string& path) {
  const std::optional<std::string> text = ReadText(path);
  return text ? ParseUnsigned(*text) : std::nullopt;
}

Attributes::Attributes(const std::string& directory, std::span<const char* const> names) {
  const UniqueFd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  is_open_ = static_cast<bool>(folder);
  is_sysfs_ = FileSystemOf(folder) == SYSFS_MAGIC;
  files_.reserve(names.size());
  for (const char* name : names)
    files_.emplace_back(folder ? ::openat(folder.get(), name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
}

std::optional<std::string> Attributes::ReadText(size_t index) {
  std::array<char, 4096> buffer;
  if (!files_[index]) return std::nullopt;
  const ssize_t got = ::pread(files_[index].get(), buffer.data(), buffer.size(), 0);
  if (got < 0) {
    is_gone_ = is_gone_ || errno == ENODEV;
    return std::nullopt;
  }
  return std::string(Trim({buffer.data(), static_cast<size_t>(got)}));
}

std::optional<int64_t> Attributes::ReadInteger(size_t index) {
  const std::optional<std::string> text = ReadText(index);
  return text ? std::optional(ParseInteger(*text).value_or(0)) : std::nullopt;
}

std::string_view NumberAfter(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }) ? name : std::string_view{};
}

void SortNaturally(std::vector<std::string>& names) {
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
}

}  // namespace tidemark::exporter::procfs
