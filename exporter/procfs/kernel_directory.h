#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// A directory of /sys that is listed at every scrape. It stays open, so that the kernel need
/// not walk its path again; when it is gone, and perhaps has come again, it is opened anew. One of another file system,
/// as in tests, is opened for each listing: it may be replaced. Used by one thread at a time.
class KernelDirectory {
 public:
  explicit KernelDirectory(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Names in it without "." and "..", sorted. Returns 0, or the errno. `may_be_gone`: false when it cannot have been
  /// removed since the last call; one that was is empty for those who have it open.
  int List(std::vector<std::string>& names, bool may_be_gone = true);
  /// Whether it has something at this path, which begins in it.
  [[nodiscard]] bool Has(const std::string& relative_path) const;

 private:
  int Open();

  std::string path_;
  UniqueFd fd_;
  bool is_kept_ = false;
};

}  // namespace tidemark::exporter::procfs
