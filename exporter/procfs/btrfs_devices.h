#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::exporter::procfs {

/// One device of a btrfs file system.
struct BtrfsDevice {
  /// By BTRFS_DEV_STAT_* of linux/btrfs.h.
  static constexpr std::array<const char*, 5> kErrorTypes{"write", "read", "flush", "corruption", "generation"};

  std::string name;  ///< without its directory: "sda1"
  std::string uuid;
  uint64_t size_bytes = 0;
  uint64_t used_bytes = 0;
  std::array<uint64_t, kErrorTypes.size()> errors{};
};

struct BtrfsFileSystem {
  std::string uuid;
  std::vector<BtrfsDevice> devices;
};

/// Asks the file system that is mounted there, by the ioctls of linux/btrfs.h. None when it does not answer, as when
/// the mount point may not be opened.
std::optional<BtrfsFileSystem> ReadBtrfsFileSystem(const std::string& mount_point);

}  // namespace tidemark::exporter::procfs
