#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.h"

namespace tidemark::exporter::procfs {

// Directories of small files, one value in each, as sysfs(5) has them.

/// Names in a directory without "." and "..", sorted. Returns 0, or the errno.
int ListDirectory(const std::string& path, std::vector<std::string>& names);
/// The same of an open one, from where it was read to. `is_sysfs`: a call gets all names that it has room for, so that
/// one that has room left has met the end (kernfs_fop_readdir).
int ReadNames(const UniqueFd& directory, std::vector<std::string>& names, bool is_sysfs = false);

/// The same for a directory that may be missing: empty then.
std::vector<std::string> Entries(const std::string& path);

/// The file system that an open file is of, as linux/magic.h numbers it; 0 when that cannot be told.
int64_t FileSystemOf(const UniqueFd& file);

/// A file's content without blanks and line ends around it; empty optional when it cannot be read.
std::optional<std::string> ReadText(const std::string& path);

/// A file's content as an integer, decimal, or hexadecimal with 0x, of which all 64 bits are taken as they are. Empty
/// optional when it cannot be read or is none.
std::optional<int64_t> ReadInteger(const std::string& path);
std::optional<int64_t> ParseInteger(std::string_view text);
/// A file's content as a decimal number of 64 bits without a sign. Empty optional when it cannot be read or is none.
std::optional<uint64_t> ReadUnsigned(const std::string& path);

/// Attributes of a directory, opened once: reading one again walks no path. Once the directory's device is gone they
/// cannot be read, also when another of the same name has come. Used by one thread at a time.
class Attributes {
 public:
  /// `names`: of the files, by which index an attribute has. One that is missing now stays so.
  Attributes(const std::string& directory, std::span<const char* const> names);

  /// Whether there was such a directory.
  [[nodiscard]] bool is_open() const { return is_open_; }
  /// Whether it lies in sysfs, where the content of an open file is always that of now; elsewhere, as in tests, files
  /// may be replaced.
  [[nodiscard]] bool is_sysfs() const { return is_sysfs_; }
  /// As the function of the same name does, by index. Of an attribute that is larger than 4 KiB only so much.
  std::optional<std::string> ReadText(size_t index);
  /// The same, but 0 for what is no number, as node_exporter has it.
  std::optional<int64_t> ReadInteger(size_t index);
  /// Whether reading one has found the device gone.
  [[nodiscard]] bool is_gone() const { return is_gone_; }

 private:
  std::vector<UniqueFd> files_;
  bool is_open_ = false;
  bool is_sysfs_ = false;
  bool is_gone_ = false;
};

/// The number at the end of a name with this beginning, as in cpu12; empty when there are other characters.
std::string_view NumberAfter(std::string_view name, std::string_view prefix);

/// Sorts names that end in numbers by those numbers: cpu2 before cpu10.
void SortNaturally(std::vector<std::string>& names);

}  // namespace tidemark::exporter::procfs
