// Btrfs file systems, from /sys/fs/btrfs (the kernel's fs/btrfs/sysfs.c) and, where they are mounted, from themselves.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/btrfs_devices.h"
#include "exporter/procfs/mounts.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kSectorBytes = 512;

bool IsDirectory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// How many bytes of the devices a byte of data takes; 0 when unknown.
double AllocationRatio(const std::string& layout, size_t devices) {
  const auto count = static_cast<double>(devices);
  if (layout == "single" || layout == "raid0") return 1;
  if (layout == "dup" || layout == "raid1" || layout == "raid10") return 2;
  if (layout == "raid5") return count / (count - 1);
  if (layout == "raid6") return count / (count - 2);
  return 0;
}

class BtrfsCollector final : public Collector {
 public:
  explicit BtrfsCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("fs/btrfs")),
        rootfs_(context.paths.rootfs),
        mounts_files_{context.paths.Proc("1/mounts"), context.paths.Proc("mounts")} {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    directory_.List(names);
    // "features" lies beside them.
    std::erase_if(names, [](const std::string& name) { return name.find('-') == std::string::npos; });
    if (names.empty()) return CollectStatus::Ok();
    const std::vector<procfs::BtrfsFileSystem> mounted = ReadMounted();
    SampleTable samples;
    for (const std::string& name : names) AddFileSystem(JoinPath(directory_.path(), name), name, mounted, samples);
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  static double Number(const std::string& path) { return static_cast<double>(procfs::ReadUnsigned(path).value_or(0)); }

  /// Those of which a mount point may be opened.
  [[nodiscard]] std::vector<procfs::BtrfsFileSystem> ReadMounted() const {
    constexpr size_t kMaxBytes = 8 << 20;
    std::string text;
    for (const std::string& file : mounts_files_) {
      if (ReadFile(file, kMaxBytes, text) == 0) break;
    }
    std::vector<procfs::BtrfsFileSystem> mounted;
    std::set<std::string> asked;  // devices: one is often mounted at many places
    for (const procfs::Mount& mount : procfs::ParseMounts(text)) {
      if (mount.fs_type != "btrfs" || asked.contains(mount.device)) continue;
      if (auto file_system =
              procfs::ReadBtrfsFileSystem(JoinPath(rootfs_, procfs::WithoutRootfs(mount.mount_point, rootfs_)))) {
        asked.insert(mount.device);
        mounted.push_back(*std::move(file_system));
      }
    }
    return mounted;
  }

  static void AddFileSystem(const std::string& path, const std::string& name,
                            std::span<const procfs::BtrfsFileSystem> mounted, SampleTable& samples) {
    std::string uuid = procfs::ReadText(JoinPath(path, "metadata_uuid")).value_or("");
    if (uuid.empty()) uuid = name;
    const auto gauge = [&](const char* family, const char* help, SampleTable::LabelList labels, double value) {
      labels.emplace_back("uuid", uuid);
      samples.Add(family, help, MetricType::kGauge, std::move(labels), value);
    };
    gauge("node_btrfs_info", "Filesystem information",
          {{"label", procfs::ReadText(JoinPath(path, "label")).value_or("")}}, 1);
    gauge("node_btrfs_global_rsv_size_bytes", "Size of global reserve.", {},
          Number(JoinPath(path, "allocation/global_rsv_size")));
    const std::vector<std::string> devices = procfs::Entries(JoinPath(path, "devices"));
    constexpr const char* kSizeFamily = "node_btrfs_device_size_bytes";
    constexpr const char* kSizeHelp = "Size of a device that is part of the filesystem.";
    const auto of_mount = std::ranges::find(mounted, uuid, &procfs::BtrfsFileSystem::uuid);
    if (of_mount == mounted.end()) {
      for (const std::string& device : devices) {
        gauge(kSizeFamily, kSizeHelp, {{"device", device}},
              Number(JoinPath(path, "devices/" + device + "/size")) * kSectorBytes);
      }
    } else {
      for (const procfs::BtrfsDevice& device : of_mount->devices) {
        const SampleTable::LabelList labels{{"device", device.name}, {"btrfs_dev_uuid", device.uuid}};
        gauge(kSizeFamily, kSizeHelp, labels, static_cast<double>(device.size_bytes));
        gauge("node_btrfs_device_unused_bytes", "Unused bytes unused on a device that is part of the filesystem.",
              labels, static_cast<double>(device.size_bytes - device.used_bytes));
        for (size_t i = 0; i < device.errors.size(); ++i) {
          SampleTable::LabelList error_labels = labels;
          error_labels.emplace_back("type", procfs::BtrfsDevice::kErrorTypes[i]);
          error_labels.emplace_back("uuid", uuid);
          samples.Add("node_btrfs_device_errors_total", "Errors reported for the device", MetricType::kCounter,
                      std::move(error_labels), static_cast<double>(device.errors[i]));
        }
      }
    }
    for (const char* type : {"data", "metadata", "system"}) {
      const std::string allocation = JoinPath(path, std::string("allocation/") + type);
      gauge("node_btrfs_reserved_bytes", "Amount of space reserved for a data type", {{"block_group_type", type}},
            Number(JoinPath(allocation, "bytes_reserved")));
      for (const std::string& layout : procfs::Entries(allocation)) {
        if (!IsDirectory(JoinPath(allocation, layout))) continue;
        const SampleTable::LabelList labels{{"block_group_type", type}, {"mode", layout}};
        gauge("node_btrfs_used_bytes", "Amount of used space by a layout/data type", labels,
              Number(JoinPath(allocation, layout + "/used_bytes")));
        gauge("node_btrfs_size_bytes", "Amount of space allocated for a layout/data type", labels,
              Number(JoinPath(allocation, layout + "/total_bytes")));
        gauge("node_btrfs_allocation_ratio", "Data allocation ratio for a layout/data type", labels,
              AllocationRatio(layout, devices.size()));
      }
    }
  }

  procfs::KernelDirectory directory_;
  const std::string rootfs_;
  const std::array<std::string, 2> mounts_files_;  // process 1 may see more than this one
};

TIDEMARK_COLLECTOR(btrfs, {.name = "btrfs", .enabled_by_default = true, .flags = {}, .create = Create<BtrfsCollector>});

}  // namespace
}  // namespace tidemark::exporter
