#include "exporter/procfs/kernel_directory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <cerrno>

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter::procfs {

int KernelDirectory::Open() {
  fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  if (!fd_) return errno;
  is_kept_ = FileSystemOf(fd_) == SYSFS_MAGIC;
  return 0;
}

int KernelDirectory::List(std::vector<std::string>& names, bool may_be_gone) {
  const bool is_read = fd_ && is_kept_ && ::lseek(fd_.get(), 0, SEEK_SET) == 0 && ReadNames(fd_, names, is_kept_) == 0;
  if (is_read && !(may_be_gone && names.empty())) return 0;
  names.clear();
  if (const int error = Open(); error != 0) return error;
  return ReadNames(fd_, names, is_kept_);
}

bool KernelDirectory::Has(const std::string& relative_path) const {
  return fd_ && ::faccessat(fd_.get(), relative_path.c_str(), F_OK, 0) == 0;
}

}  // namespace tidemark::exporter::procfs
