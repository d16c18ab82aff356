#include "exporter/procfs/local_mounts.h"

#include <algorithm>
#include <array>

#include "common/file.h"

namespace tidemark::exporter::procfs {
namespace {

/// Their statfs sums counters that the kernel keeps; others may count on the disk (vfat) or wait for a commit (btrfs).
constexpr std::array<std::string_view, 7> kLocalTypes{"ext2", "ext3", "ext4", "xfs", "tmpfs", "devtmpfs", "ramfs"};

bool LeadsOver(std::string_view path, std::string_view mount_point) {
  if (mount_point == "/") return true;
  return path.starts_with(mount_point) && (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

}  // namespace

void LocalMounts::Refresh() {
  if (!watch_.MayHaveChanged()) return;
  watch_.Start(mounts_path_);
  mounts_.clear();
  std::string content;
  constexpr size_t kMaxBytes = 8 << 20;
  if (ReadFile(mounts_path_, kMaxBytes, content) == 0) {
    mounts_ = ParseMounts(content);
  } else {
    watch_.Stop();
  }
}

bool LocalMounts::Contain(std::string_view path) const {
  bool is_known = false;
  for (const Mount& mount : mounts_) {
    if (!LeadsOver(path, mount.mount_point)) continue;
    if (std::ranges::find(kLocalTypes, mount.fs_type) == kLocalTypes.end()) return false;
    is_known = true;
  }
  return is_known;
}

}  // namespace tidemark::exporter::procfs
