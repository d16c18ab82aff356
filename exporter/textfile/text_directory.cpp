#include "exporter/textfile/text_directory.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

namespace tidemark::exporter::textfile {
namespace {

std::chrono::nanoseconds ModificationTime(const struct stat& status) {
  return std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && ModificationTime(a) == ModificationTime(b);
}

}  // namespace

std::error_code TextDirectory::List(std::vector<std::string>& files) {
  constexpr int kReadEvery = 10;
  constexpr std::chrono::seconds kCoarsestTime{1};
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return {errno, std::generic_category()};
  if (!is_settled_ || !IsSame(status, status_) || ++calls_ >= kReadEvery) {
    is_settled_ = false;  // until this has succeeded
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (const std::error_code error = Read()) return error;
    is_settled_ = now - ModificationTime(status) > kCoarsestTime;
    status_ = status;
    calls_ = 0;
  }
  files.insert(files.end(), files_.begin(), files_.end());
  return {};
}

std::error_code TextDirectory::Read() {
  files_.clear();
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().native().ends_with(".prom")) files_.push_back(entry->path().lexically_normal().string());
  }
  std::ranges::sort(files_);
  return error;
}

}  // namespace tidemark::exporter::textfile
