// A FUSE file system whose statfs never answers: hanging-mount DIRECTORY. Reads of the root directory do, so that the
// mount itself succeeds. Ends when it is killed; the kernel then fails the calls that hang.

#define FUSE_USE_VERSION 35
#include <fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace {

int GetAttributes(const char* path, struct stat* info, fuse_file_info* /*file*/) {
  std::memset(info, 0, sizeof(*info));
  if (std::strcmp(path, "/") != 0) return -ENOENT;
  info->st_mode = S_IFDIR | 0755;
  info->st_nlink = 2;
  return 0;
}

int StatFs(const char* /*path*/, struct statvfs* /*info*/) {
  while (true) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  fuse_operations operations{};
  operations.getattr = GetAttributes;
  operations.statfs = StatFs;
  return fuse_main(argc, argv, &operations, nullptr);
}
