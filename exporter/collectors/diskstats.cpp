// Block device counters, from /proc/diskstats (the kernel's Documentation/admin-guide/iostats.rst), and what udev knows
// about each device, from its database.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kSectorBytes = 512;
constexpr double kSecondsPerTick = 1.0 / 1000.0;
constexpr const char* kExclude = "collector.diskstats.device-exclude";
constexpr const char* kInclude = "collector.diskstats.device-include";

constexpr FlagSpec kFlags[] = {
    {kExclude, "^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
     "Regular expression of devices to exclude (not with device-include)", false, false,
     "collector.diskstats.ignored-devices"},
    {kInclude, "", "Regular expression of devices to include (not with device-exclude)"},
};

struct Column {
  const char* metric;
  const char* help;
  MetricType type;
  double scale;
};

/// Columns 4 and on of /proc/diskstats. Kernels before 4.18 have 11, before 5.5 have 15.
constexpr std::array<Column, 17> kColumns{{
    {"node_disk_reads_completed_total", "The total number of reads completed successfully.", MetricType::kCounter, 1},
    {"node_disk_reads_merged_total", "The total number of reads merged.", MetricType::kCounter, 1},
    {"node_disk_read_bytes_total", "The total number of bytes read successfully.", MetricType::kCounter, kSectorBytes},
    {"node_disk_read_time_seconds_total", "The total number of seconds spent by all reads.", MetricType::kCounter,
     kSecondsPerTick},
    {"node_disk_writes_completed_total", "The total number of writes completed successfully.", MetricType::kCounter, 1},
    {"node_disk_writes_merged_total", "The number of writes merged.", MetricType::kCounter, 1},
    {"node_disk_written_bytes_total", "The total number of bytes written successfully.", MetricType::kCounter,
     kSectorBytes},
    {"node_disk_write_time_seconds_total", "This is the total number of seconds spent by all writes.",
     MetricType::kCounter, kSecondsPerTick},
    {"node_disk_io_now", "The number of I/Os currently in progress.", MetricType::kGauge, 1},
    {"node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", MetricType::kCounter, kSecondsPerTick},
    {"node_disk_io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.", MetricType::kCounter,
     kSecondsPerTick},
    {"node_disk_discards_completed_total", "The total number of discards completed successfully.", MetricType::kCounter,
     1},
    {"node_disk_discards_merged_total", "The total number of discards merged.", MetricType::kCounter, 1},
    {"node_disk_discarded_sectors_total", "The total number of sectors discarded successfully.", MetricType::kCounter,
     1},
    {"node_disk_discard_time_seconds_total", "This is the total number of seconds spent by all discards.",
     MetricType::kCounter, kSecondsPerTick},
    {"node_disk_flush_requests_total", "The total number of flush requests completed successfully",
     MetricType::kCounter, 1},
    {"node_disk_flush_requests_time_seconds_total", "This is the total number of seconds spent by all flush requests.",
     MetricType::kCounter, kSecondsPerTick},
}};
constexpr size_t kMinColumns = 11;

/// What is told of a disk's entry in udev's database.
enum UdevKey : size_t {
  kAta,
  kAtaRotationRate,
  kAtaWriteCache,
  kAtaWriteCacheEnabled,
  kMapperLayer,
  kMapperLogicalVolume,
  kMapperName,
  kMapperUuid,
  kMapperVolumeGroup,
  kFilesystemType,
  kFilesystemUsage,
  kFilesystemUuid,
  kFilesystemVersion,
  kModel,
  kPath,
  kRevision,
  kShortSerial,
  kWorldWideName,
  kUdevKeyCount
};
constexpr std::array<std::string_view, kUdevKeyCount> kUdevKeys{"ID_ATA",
                                                                "ID_ATA_ROTATION_RATE_RPM",
                                                                "ID_ATA_WRITE_CACHE",
                                                                "ID_ATA_WRITE_CACHE_ENABLED",
                                                                "DM_LV_LAYER",
                                                                "DM_LV_NAME",
                                                                "DM_NAME",
                                                                "DM_UUID",
                                                                "DM_VG_NAME",
                                                                "ID_FS_TYPE",
                                                                "ID_FS_USAGE",
                                                                "ID_FS_UUID",
                                                                "ID_FS_VERSION",
                                                                "ID_MODEL",
                                                                "ID_PATH",
                                                                "ID_REVISION",
                                                                "ID_SERIAL_SHORT",
                                                                "ID_WWN"};

struct AtaAttribute {
  UdevKey udev_key;
  const char* metric;
  const char* help;
};

constexpr std::array<AtaAttribute, 3> kAtaAttributes{
    {{kAtaRotationRate, "node_disk_ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs)."},
     {kAtaWriteCache, "node_disk_ata_write_cache", "ATA disk has a write cache."},
     {kAtaWriteCacheEnabled, "node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled."}}};

struct Disk {
  std::string name;
  std::string major;
  std::string minor;
  std::array<uint64_t, kColumns.size()> values{};
  size_t columns = 0;  ///< how many of them this kernel has
  std::string udev_path;
  std::string udev_content;
  std::array<std::string_view, kUdevKeyCount> udev{};  ///< in udev_content; empty where it does not say
};

class DiskstatsCollector final : public Collector {
 public:
  explicit DiskstatsCollector(const CollectorContext& context)
      : file_(context.paths.Proc("diskstats"), procfs::KernelFile::Pieces::kShort),
        udev_directory_(context.paths.udev_data),
        is_udevs_own_(udev_directory_ == Paths().udev_data),
        filter_(context, kExclude, kInclude) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    const size_t known = disks_.size();
    size_t count = 0;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      if (count == disks_.size()) disks_.emplace_back();
      Disk& disk = disks_[count];
      disk.major = scanner.NextField();
      disk.minor = scanner.NextField();
      disk.name = scanner.NextField();
      if (filter_.Ignores(disk.name)) continue;
      disk.columns = 0;
      for (auto field = scanner.NextField(); !field.empty() && disk.columns < kColumns.size();
           field = scanner.NextField()) {
        const auto value = procfs::ParseUnsigned(field);
        if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + disk.name);
        disk.values[disk.columns++] = *value;
      }
      if (disk.columns >= kMinColumns) ++count;  // partitions had fewer once
    }
    const std::span disks(disks_.data(), count);
    // Those that had to make room have taken their text with them, but not the views of it.
    const bool reads_all = UdevMayHaveChanged() || disks_.size() != known;
    for (Disk& disk : disks) ReadUdev(disk, reads_all);
    for (size_t column = 0; column < kColumns.size(); ++column) WriteColumn(disks, column, writer);
    WriteInfo(disks, writer);
    return CollectStatus::Ok();
  }

 private:
  static void WriteColumn(std::span<const Disk> disks, size_t column, exposition::Writer& writer) {
    bool started = false;
    for (const Disk& disk : disks) {
      if (column >= disk.columns) continue;
      if (!started) writer.Family(kColumns[column].metric, kColumns[column].help, kColumns[column].type);
      started = true;
      writer.Sample({{"device", disk.name}}, static_cast<double>(disk.values[column]) * kColumns[column].scale);
    }
  }

  static void WriteInfo(std::span<const Disk> disks, exposition::Writer& writer) {
    const auto family = [&](const char* name, const char* help, std::optional<UdevKey> required, auto&& write) {
      bool started = false;
      for (const Disk& disk : disks) {
        if (required && disk.udev[*required].empty()) continue;
        if (!started) writer.Family(name, help, MetricType::kGauge);
        started = true;
        write(disk);
      }
    };
    family("node_disk_info", "Info of /sys/block/<block_device>.", std::nullopt, [&](const Disk& disk) {
      writer.Sample({{"device", disk.name},
                     {"major", disk.major},
                     {"minor", disk.minor},
                     {"model", disk.udev[kModel]},
                     {"path", disk.udev[kPath]},
                     {"revision", disk.udev[kRevision]},
                     {"serial", disk.udev[kShortSerial]},
                     {"wwn", disk.udev[kWorldWideName]}},
                    1);
    });
    family("node_disk_filesystem_info", "Info about disk filesystem.", kFilesystemType, [&](const Disk& disk) {
      writer.Sample({{"device", disk.name},
                     {"type", disk.udev[kFilesystemType]},
                     {"usage", disk.udev[kFilesystemUsage]},
                     {"uuid", disk.udev[kFilesystemUuid]},
                     {"version", disk.udev[kFilesystemVersion]}},
                    1);
    });
    family("node_disk_device_mapper_info", "Info about disk device mapper.", kMapperName, [&](const Disk& disk) {
      writer.Sample({{"device", disk.name},
                     {"lv_layer", disk.udev[kMapperLayer]},
                     {"lv_name", disk.udev[kMapperLogicalVolume]},
                     {"name", disk.udev[kMapperName]},
                     {"uuid", disk.udev[kMapperUuid]},
                     {"vg_name", disk.udev[kMapperVolumeGroup]}},
                    1);
    });
    for (const AtaAttribute& attribute : kAtaAttributes) {
      bool started = false;
      for (const Disk& disk : disks) {
        const auto value = procfs::ParseDecimal(disk.udev[attribute.udev_key]);
        if (disk.udev[kAta].empty() || !value) continue;
        if (!started) writer.Family(attribute.metric, attribute.help, MetricType::kGauge);
        started = true;
        writer.Sample({{"device", disk.name}}, *value);
      }
    }
  }

  /// Whether there may be other records than on the last page. udev writes one under another name and renames it, which
  /// the time of their directory tells; a time of just now can be that of a second change too. Elsewhere than at udev's
  /// own place, as in tests, files may be written over.
  bool UdevMayHaveChanged() {
    using std::chrono::nanoseconds;
    using std::chrono::seconds;
    if (!is_udevs_own_) return true;
    struct stat status {};
    if (::stat(udev_directory_.c_str(), &status) != 0) status = {};  // without udev there is none
    const nanoseconds time = seconds(status.st_mtim.tv_sec) + nanoseconds(status.st_mtim.tv_nsec);
    const bool may_have_changed = time != udev_time_ || is_udev_time_recent_;
    udev_time_ = time;
    is_udev_time_recent_ = std::chrono::system_clock::now().time_since_epoch() - time < seconds(1);
    return may_have_changed;
  }

  /// udev's record of a block device: lines "E:KEY=VALUE" in b<major>:<minor>. There need not be one.
  void ReadUdev(Disk& disk, bool may_have_changed) {
    udev_path_ = udev_directory_;
    for (const std::string_view part :
         {std::string_view("/b"), std::string_view(disk.major), std::string_view(":"), std::string_view(disk.minor)})
      udev_path_ += part;
    if (!may_have_changed && disk.udev_path == udev_path_) return;
    disk.udev_path = udev_path_;
    disk.udev.fill({});
    if (ReadFile(udev_path_, 1 << 20, disk.udev_content) != 0) return;
    procfs::Scanner scanner(disk.udev_content);
    while (scanner.NextLine()) {
      std::string_view line = scanner.rest();
      if (!line.starts_with("E:")) continue;
      line.remove_prefix(2);
      const size_t equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      const auto key = std::ranges::find(kUdevKeys, line.substr(0, equals));
      if (key == kUdevKeys.end()) continue;
      std::string_view& value = disk.udev[static_cast<size_t>(key - kUdevKeys.begin())];
      if (value.empty()) value = line.substr(equals + 1);
    }
  }

  procfs::KernelFile file_;
  const std::string udev_directory_;
  const bool is_udevs_own_;
  DeviceFilter filter_;
  std::string content_;
  std::vector<Disk> disks_;  // as many as there ever were, with their memory
  std::string udev_path_;
  std::chrono::nanoseconds udev_time_{-1};
  bool is_udev_time_recent_ = true;
};

TIDEMARK_COLLECTOR(diskstats, {.name = "diskstats",
                               .enabled_by_default = true,
                               .flags = kFlags,
                               .create = Create<DiskstatsCollector>});

}  // namespace
}  // namespace tidemark::exporter
