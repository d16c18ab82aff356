#include "exporter/procfs/mounts_watch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::procfs {

void MountsWatch::Start(const std::string& path) {
  file_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file_ && FileSystemOf(file_) != PROC_SUPER_MAGIC) file_.Reset();
}

bool MountsWatch::MayHaveChanged() {
  if (!file_) return true;
  pollfd change{.fd = file_.get(), .events = POLLPRI, .revents = 0};
  return ::poll(&change, 1, 0) < 0 || (change.revents & POLLERR) != 0;
}

}  // namespace tidemark::exporter::procfs
