#pragma once

#include <string>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// Tells whether the mounts in a /proc/<pid>/mounts have changed without having the kernel write them all (poll, see
/// proc_pid_mounts(5)). A file system that its own driver makes read-only, after an error, is no such change. Used by
/// one thread at a time.
class MountsWatch {
 public:
  /// Begins, before the file is read, so that no change is missed. Elsewhere than in procfs, as in tests, files change
  /// in ways that nobody tells.
  void Start(const std::string& path);
  void Stop() { file_.Reset(); }

  /// Whether they may have changed since Start or the last call.
  bool MayHaveChanged();

 private:
  UniqueFd file_;
};

}  // namespace tidemark::exporter::procfs
