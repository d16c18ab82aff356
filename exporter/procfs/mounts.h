#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::exporter::procfs {

struct Mount {
  std::string device;
  std::string mount_point;  ///< as the host sees it: octal escapes undone
  std::string fs_type;
  bool read_only = false;
};

/// Parses the lines of /proc/<pid>/mounts (fstab(5) format). Lines with fewer than four fields are left out.
std::vector<Mount> ParseMounts(std::string_view text);

/// A mount point as the host has it, of one of this process, which may have the host's files below `rootfs`.
std::string WithoutRootfs(std::string mount_point, std::string_view rootfs);

}  // namespace tidemark::exporter::procfs
