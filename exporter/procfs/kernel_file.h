#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// A file of /proc or /sys that is read at every scrape. It stays open, so that the kernel need not walk its path
/// again; when a read fails, because the module behind it went and came again, say, it is opened anew. Files of other
/// file systems, as in tests, are opened for each read: they may be replaced. Used by one thread at a time.
class KernelFile {
 public:
  /// How long what the kernel writes in one piece is, which most files have by the line. When all pieces are short, a
  /// read that ends early has met the end of the file: the kernel stops before only when its buffer, a page at least,
  /// has no room for the next piece (seq_read_iter in its fs/seq_file.c). The read that would return 0 is saved, for
  /// which some files are made a second time. A file that is one piece, of any length (single_open there, and all of
  /// sysfs), has its end where a read does not fill the reader's buffer.
  enum class Pieces { kAnyLength, kShort, kOne };

  explicit KernelFile(std::string path, Pieces pieces = Pieces::kAnyLength) : path_(std::move(path)), pieces_(pieces) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Whether it is of /proc or /sys, as it was when it was read last.
  [[nodiscard]] bool is_kernels() const { return is_kept_; }

  /// Reads it whole, as tidemark::ReadFile does: returns 0, or the errno.
  friend int ReadFile(KernelFile& file, size_t max_bytes, std::string& content);
  /// Reads at most its first `bytes`, of which a kernel's file that is written line by line makes no more.
  friend int ReadBeginning(KernelFile& file, size_t bytes, std::string& content);

 private:
  int Open();
  /// Calls read(), which returns 0 or an errno, on the open file, and once more when that fails and it was open before.
  template <typename Read>
  int WithOpenFile(std::string& content, Read&& read);
  int ReadOnce(size_t max_bytes, std::string& content);
  int ReadBeginningOnce(size_t bytes, std::string& content) const;
  /// Whether a read that got so many bytes needs no other after it.
  [[nodiscard]] bool IsEnd(ssize_t got, size_t room) const;

  std::string path_;
  Pieces pieces_;
  UniqueFd fd_;
  bool is_kept_ = false;
  bool is_small_ = false;  // it was, when it was read last
};

int ReadFile(KernelFile& file, size_t max_bytes, std::string& content);
int ReadBeginning(KernelFile& file, size_t bytes, std::string& content);

/// As ReadUnsigned of sysfs.h.
std::optional<uint64_t> ReadUnsigned(KernelFile& file);

}  // namespace tidemark::exporter::procfs
