#include "exporter/procfs/btrfs_devices.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "common/file.h"

namespace tidemark::exporter::procfs {
namespace {

static_assert(BtrfsDevice::kErrorTypes.size() == BTRFS_DEV_STAT_VALUES_MAX);

/// "0abb23a9-579b-43e6-ad30-227ef47fcb9d" (RFC 4122, section 3).
std::string UuidText(std::span<const uint8_t, BTRFS_UUID_SIZE> uuid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] / 16];
    text += kDigits[uuid[i] % 16];
  }
  return text;
}

std::optional<BtrfsDevice> ReadDevice(int fd, uint64_t id) {
  btrfs_ioctl_dev_info_args info{};
  info.devid = id;
  if (::ioctl(fd, BTRFS_IOC_DEV_INFO, &info) != 0) return std::nullopt;
  btrfs_ioctl_get_dev_stats statistics{};
  statistics.devid = id;
  statistics.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
  if (::ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &statistics) != 0) return std::nullopt;
  const auto* const path = reinterpret_cast<const char*>(info.path);
  std::string_view name(path, ::strnlen(path, sizeof(info.path)));
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  BtrfsDevice device{.name = std::string(name),
                     .uuid = UuidText(info.uuid),
                     .size_bytes = info.total_bytes,
                     .used_bytes = info.bytes_used};
  std::ranges::copy(statistics.values, device.errors.begin());
  return device;
}

}  // namespace

std::optional<BtrfsFileSystem> ReadBtrfsFileSystem(const std::string& mount_point) {
  const UniqueFd directory(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  btrfs_ioctl_fs_info_args info{};
  if (!directory || ::ioctl(directory.get(), BTRFS_IOC_FS_INFO, &info) != 0) return std::nullopt;
  BtrfsFileSystem file_system{UuidText(info.fsid), {}};
  // They have gaps where devices were removed.
  constexpr uint64_t kMaxId = 1 << 16;
  for (uint64_t id = 0; id <= std::min(uint64_t{info.max_id}, kMaxId); ++id) {
    if (file_system.devices.size() == info.num_devices) break;
    std::optional<BtrfsDevice> device = ReadDevice(directory.get(), id);
    if (device) {
      file_system.devices.push_back(*std::move(device));
    } else if (errno != ENODEV) {
      return std::nullopt;
    }
  }
  return file_system;
}

}  // namespace tidemark::exporter::procfs
