#include "exporter/textfile/text_directory.h"

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::textfile {
namespace {

std::chrono::nanoseconds ModificationTime(const struct stat& status) {
  return std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && ModificationTime(a) == ModificationTime(b);
}

}  // namespace

int TextDirectory::List(std::vector<std::string>& files) {
  constexpr int kReadEvery = 10;
  constexpr std::chrono::seconds kCoarsestTime{2};  // of a vfat directory
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return errno;
  if (!is_settled_ || !IsSame(status, status_) || ++calls_ >= kReadEvery) {
    is_settled_ = false;  // until this has succeeded
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (const int error = Read(); error != 0) return error;
    is_settled_ = now - ModificationTime(status) > kCoarsestTime;
    status_ = status;
    calls_ = 0;
  }
  files.insert(files.end(), files_.begin(), files_.end());
  return 0;
}

int TextDirectory::Read() {
  std::vector<std::string> names;
  const int error = procfs::ListDirectory(path_, names);
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".prom"); });
  files_.clear();
  for (const std::string& name : names)
    files_.push_back((std::filesystem::path(path_) / name).lexically_normal().string());
  return error;
}

}  // namespace tidemark::exporter::textfile
