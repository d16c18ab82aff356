// Btrfs file systems, from /sys/fs/btrfs (the kernel's fs/btrfs/sysfs.c).

#include <sys/stat.h>

#include <array>

#include "common/file.h"
#include "exporter/collector.h"
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
  explicit BtrfsCollector(const CollectorContext& context) : directory_(context.paths.Sys("fs/btrfs")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    SampleTable samples;
    for (const std::string& name : procfs::Entries(directory_)) {
      if (name.find('-') == std::string::npos) continue;  // "features" lies beside them
      AddFileSystem(JoinPath(directory_, name), name, samples);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  static double Number(const std::string& path) { return static_cast<double>(procfs::ReadInteger(path).value_or(0)); }

  static void AddFileSystem(const std::string& path, const std::string& name, SampleTable& samples) {
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
    for (const std::string& device : devices) {
      gauge("node_btrfs_device_size_bytes", "Size of a device that is part of the filesystem.", {{"device", device}},
            Number(JoinPath(path, "devices/" + device + "/size")) * kSectorBytes);
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

  const std::string directory_;
};

TIDEMARK_COLLECTOR(btrfs, {.name = "btrfs", .enabled_by_default = true, .flags = {}, .create = Create<BtrfsCollector>});

}  // namespace
}  // namespace tidemark::exporter
