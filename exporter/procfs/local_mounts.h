#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/procfs/mounts.h"
#include "exporter/procfs/mounts_watch.h"

namespace tidemark::exporter::procfs {

/// Tells for which paths statvfs(3) answers from memory, so that it needs no thread of its own (mount_prober.h): those
/// that lead over file systems only whose look-ups and statfs ask no server, no daemon and no disk. Used by one thread
/// at a time.
class LocalMounts {
 public:
  /// Not below --path.procfs: what matters are the mounts over which this process looks paths up.
  explicit LocalMounts(std::string mounts_path = "/proc/self/mounts") : mounts_path_(std::move(mounts_path)) {}

  /// Takes notice of what was mounted since.
  void Refresh();
  /// `path` has no symbolic links. False as long as the mounts cannot be read.
  [[nodiscard]] bool Contain(std::string_view path) const;

 private:
  const std::string mounts_path_;
  MountsWatch watch_;
  std::vector<Mount> mounts_;
};

}  // namespace tidemark::exporter::procfs
