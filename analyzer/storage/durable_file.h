#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::storage {

// How this folder's files come to the disk. All return false with errno set.

/// Writes everything, however many calls that takes. On failure part of it may be written.
bool WriteAll(int fd, std::string_view bytes);

/// Gives a file that is written as `temporary` (and open as `fd`) the name `path`, so that a loss of power leaves
/// either the old or the whole new one. Both names are in one directory.
bool ReplaceFile(int fd, const std::string& temporary, const std::string& path);

/// fsync of a directory: a file that was made or renamed in it stays so.
bool SyncDirectory(const std::string& path);

/// File names that sort by number: 00000001.wal.
std::string NumberedName(uint64_t number, std::string_view suffix);

}  // namespace tidemark::storage
