#include "exporter/procfs/driver_watch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::procfs {

DriverWatch::DriverWatch(const std::string& procfs, const std::string& sysfs) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
  const UniqueFd processes(::open(procfs.c_str(), kFlags));
  if (!processes || FileSystemOf(processes) != PROC_SUPER_MAGIC) return;
  modules_ = UniqueFd(::open(JoinPath(sysfs, "module").c_str(), kFlags));
  if (modules_ && FileSystemOf(modules_) != SYSFS_MAGIC) modules_.Reset();
}

bool DriverWatch::ShallLook() {
  struct stat state {};
  if (!modules_ || ::fstat(modules_.get(), &state) != 0) return true;
  constexpr int kLookEvery = 10;
  ++pages_since_change_;
  if (state.st_nlink != module_count_) pages_since_change_ = 0;
  module_count_ = state.st_nlink;
  return pages_since_change_ <= 1 || pages_since_change_ % kLookEvery == 0;
}

}  // namespace tidemark::exporter::procfs
