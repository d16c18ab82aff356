#pragma once

#include <string>
#include <utility>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// A file of /proc or /sys that is read at every scrape. It stays open, so that the kernel need not walk its path
/// again; when a read fails, because the module behind it went and came again, say, it is opened anew. Files of other
/// file systems, as in tests, are opened for each read: they may be replaced. Used by one thread at a time.
class KernelFile {
 public:
  explicit KernelFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Reads it whole, as tidemark::ReadFile does: returns 0, or the errno.
  friend int ReadFile(KernelFile& file, size_t max_bytes, std::string& content);

 private:
  int Open();
  int ReadOnce(size_t max_bytes, std::string& content);

  std::string path_;
  UniqueFd fd_;
  bool is_kept_ = false;
};

int ReadFile(KernelFile& file, size_t max_bytes, std::string& content);

}  // namespace tidemark::exporter::procfs
