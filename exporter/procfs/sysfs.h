#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.h"

namespace tidemark::exporter::procfs {

// Directories of small files, one value in each, as sysfs(5) has them.

/// Names in a directory without "." and "..", sorted. Returns 0, or the errno.
int ListDirectory(const std::string& path, std::vector<std::string>& names);

/// The same for a directory that may be missing: empty then.
std::vector<std::string> Entries(const std::string& path);

/// A file's content without blanks and line ends around it; empty optional when it cannot be read.
std::optional<std::string> ReadText(const std::string& path);

/// A file's content as an integer, decimal, or hexadecimal with 0x, of which all 64 bits are taken as they are. Empty
/// optional when it cannot be read or is none.
std::optional<int64_t> ReadInteger(const std::string& path);
std::optional<int64_t> ParseInteger(std::string_view text);

/// A directory whose attributes are read one after the other: its path is walked once.
class AttributeDirectory {
 public:
  explicit AttributeDirectory(const std::string& path);
  /// Whether it is a directory.
  explicit operator bool() const { return static_cast<bool>(fd_); }

  /// As the functions of the same names do. An attribute is at most a page.
  [[nodiscard]] std::optional<std::string> ReadText(const char* name) const;
  [[nodiscard]] std::optional<int64_t> ReadInteger(const char* name) const;

 private:
  UniqueFd fd_;
};

/// The number at the end of a name with this beginning, as in cpu12; empty when there are other characters.
std::string_view NumberAfter(std::string_view name, std::string_view prefix);

/// Sorts names that end in numbers by those numbers: cpu2 before cpu10.
void SortNaturally(std::vector<std::string>& names);

}  // namespace tidemark::exporter::procfs
