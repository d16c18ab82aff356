// Block device counters, from /proc/diskstats (the kernel's Documentation/admin-guide/iostats.rst), and what udev knows
// about each device, from its database.

#include <array>
#include <charconv>
#include <map>

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

struct AtaAttribute {
  const char* udev_key;
  const char* metric;
  const char* help;
};

constexpr std::array<AtaAttribute, 3> kAtaAttributes{
    {{"ID_ATA_ROTATION_RATE_RPM", "node_disk_ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs)."},
     {"ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "ATA disk has a write cache."},
     {"ID_ATA_WRITE_CACHE_ENABLED", "node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled."}}};

using UdevProperties = std::map<std::string, std::string, std::less<>>;

struct Disk {
  std::string name;
  std::string major;
  std::string minor;
  std::vector<uint64_t> values;
  UdevProperties udev;

  [[nodiscard]] std::string_view Udev(std::string_view key) const {
    const auto it = udev.find(key);
    return it == udev.end() ? std::string_view{} : std::string_view(it->second);
  }
};

class DiskstatsCollector final : public Collector {
 public:
  explicit DiskstatsCollector(const CollectorContext& context)
      : file_(context.paths.Proc("diskstats")),
        udev_directory_(context.paths.udev_data),
        filter_(context, kExclude, kInclude) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    std::vector<Disk> disks;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      Disk disk;
      disk.major = scanner.NextField();
      disk.minor = scanner.NextField();
      disk.name = scanner.NextField();
      if (disk.name.empty()) return CollectStatus::Failed("line with fewer than three fields in " + file_.path());
      if (filter_.Ignores(disk.name)) continue;
      for (auto field = scanner.NextField(); !field.empty() && disk.values.size() < kColumns.size();
           field = scanner.NextField()) {
        const auto value = procfs::ParseUnsigned(field);
        if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + disk.name);
        disk.values.push_back(*value);
      }
      if (disk.values.size() < kMinColumns)
        return CollectStatus::Failed("line cut short in " + file_.path() + ": " + disk.name);
      disk.udev = ReadUdev(disk);
      disks.push_back(std::move(disk));
    }
    for (size_t column = 0; column < kColumns.size(); ++column) WriteColumn(disks, column, writer);
    WriteInfo(disks, writer);
    return CollectStatus::Ok();
  }

 private:
  static void WriteColumn(const std::vector<Disk>& disks, size_t column, exposition::Writer& writer) {
    bool started = false;
    for (const Disk& disk : disks) {
      if (column >= disk.values.size()) continue;
      if (!started) writer.Family(kColumns[column].metric, kColumns[column].help, kColumns[column].type);
      started = true;
      writer.Sample({{"device", disk.name}}, static_cast<double>(disk.values[column]) * kColumns[column].scale);
    }
  }

  static void WriteInfo(const std::vector<Disk>& disks, exposition::Writer& writer) {
    const auto family = [&](const char* name, const char* help, std::string_view required, auto&& write) {
      bool started = false;
      for (const Disk& disk : disks) {
        if (!required.empty() && disk.Udev(required).empty()) continue;
        if (!started) writer.Family(name, help, MetricType::kGauge);
        started = true;
        write(disk);
      }
    };
    family("node_disk_info", "Info of /sys/block/<block_device>.", "", [&](const Disk& disk) {
      const std::string_view scsi_serial = disk.Udev("SCSI_IDENT_SERIAL");
      writer.Sample({{"device", disk.name},
                     {"major", disk.major},
                     {"minor", disk.minor},
                     {"model", disk.Udev("ID_MODEL")},
                     {"path", disk.Udev("ID_PATH")},
                     {"revision", disk.Udev("ID_REVISION")},
                     {"serial", scsi_serial.empty() ? disk.Udev("ID_SERIAL_SHORT") : scsi_serial},
                     {"wwn", disk.Udev("ID_WWN")}},
                    1);
    });
    family("node_disk_filesystem_info", "Info about disk filesystem.", "ID_FS_TYPE", [&](const Disk& disk) {
      writer.Sample({{"device", disk.name},
                     {"type", disk.Udev("ID_FS_TYPE")},
                     {"usage", disk.Udev("ID_FS_USAGE")},
                     {"uuid", disk.Udev("ID_FS_UUID")},
                     {"version", disk.Udev("ID_FS_VERSION")}},
                    1);
    });
    family("node_disk_device_mapper_info", "Info about disk device mapper.", "DM_NAME", [&](const Disk& disk) {
      writer.Sample({{"device", disk.name},
                     {"lv_layer", disk.Udev("DM_LV_LAYER")},
                     {"lv_name", disk.Udev("DM_LV_NAME")},
                     {"name", disk.Udev("DM_NAME")},
                     {"uuid", disk.Udev("DM_UUID")},
                     {"vg_name", disk.Udev("DM_VG_NAME")}},
                    1);
    });
    for (const AtaAttribute& attribute : kAtaAttributes) {
      bool started = false;
      for (const Disk& disk : disks) {
        const auto value = procfs::ParseDecimal(disk.Udev(attribute.udev_key));
        if (disk.Udev("ID_ATA").empty() || !value) continue;
        if (!started) writer.Family(attribute.metric, attribute.help, MetricType::kGauge);
        started = true;
        writer.Sample({{"device", disk.name}}, *value);
      }
    }
  }

  /// udev's record of a block device: lines "E:KEY=VALUE" in b<major>:<minor>. Empty when there is none.
  UdevProperties ReadUdev(const Disk& disk) {
    UdevProperties properties;
    if (ReadFile(JoinPath(udev_directory_, "b" + disk.major + ":" + disk.minor), 1 << 20, udev_content_) != 0)
      return properties;
    procfs::Scanner scanner(udev_content_);
    while (scanner.NextLine()) {
      std::string_view line = scanner.rest();
      if (!line.starts_with("E:")) continue;
      line.remove_prefix(2);
      const size_t equals = line.find('=');
      if (equals != std::string_view::npos) properties.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    return properties;
  }

  procfs::KernelFile file_;
  const std::string udev_directory_;
  DeviceFilter filter_;
  std::string content_;
  std::string udev_content_;
};

TIDEMARK_COLLECTOR(diskstats, {.name = "diskstats",
                               .enabled_by_default = true,
                               .flags = kFlags,
                               .create = Create<DiskstatsCollector>});

}  // namespace
}  // namespace tidemark::exporter
