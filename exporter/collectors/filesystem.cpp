// Space and inodes of mounted file systems, from /proc/1/mounts and statvfs(3). A mount that hangs costs itself only:
// see procfs/mount_prober.h.

#include <re2/re2.h>

#include <cerrno>
#include <set>
#include <tuple>

#include "common/duration.h"
#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/local_mounts.h"
#include "exporter/procfs/mount_prober.h"
#include "exporter/procfs/mounts.h"
#include "exporter/procfs/mounts_watch.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;
using procfs::MountProber;

/// A healthy statvfs takes microseconds. After `kPatience` without any answer one is taken to hang, and others go on
/// beside it; after --collector.filesystem.mount-timeout the page is written with what there is.
constexpr std::chrono::milliseconds kPatience{15};

constexpr const char* kMountPointsExclude = "collector.filesystem.mount-points-exclude";
constexpr const char* kFsTypesExclude = "collector.filesystem.fs-types-exclude";
constexpr const char* kMountTimeout = "collector.filesystem.mount-timeout";

constexpr FlagSpec kFlags[] = {
    {kMountPointsExclude, "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
     "Regular expression of mount points to leave out", false, false, "collector.filesystem.ignored-mount-points"},
    {kFsTypesExclude,
     "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
     "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$",
     "Regular expression of file system types to leave out", false, false, "collector.filesystem.ignored-fs-types"},
    {kMountTimeout, "70ms", "How long a scrape waits for mounts in all; what has not answered by then is in error"},
};

struct Family {
  const char* name;
  const char* help;
  double (*value)(const struct statvfs& info);
};

double Blocks(fsblkcnt_t blocks, const struct statvfs& info) {
  return static_cast<double>(blocks) * static_cast<double>(info.f_frsize);
}

constexpr Family kFamilies[] = {
    {"node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.",
     [](const struct statvfs& info) { return Blocks(info.f_bavail, info); }},
    {"node_filesystem_files", "Filesystem total file nodes.",
     [](const struct statvfs& info) { return static_cast<double>(info.f_files); }},
    {"node_filesystem_files_free", "Filesystem total free file nodes.",
     [](const struct statvfs& info) { return static_cast<double>(info.f_ffree); }},
    {"node_filesystem_free_bytes", "Filesystem free space in bytes.",
     [](const struct statvfs& info) { return Blocks(info.f_bfree, info); }},
    {"node_filesystem_size_bytes", "Filesystem size in bytes.",
     [](const struct statvfs& info) { return Blocks(info.f_blocks, info); }},
};

class FilesystemCollector final : public Collector {
 public:
  explicit FilesystemCollector(const CollectorContext& context)
      : init_mounts_(context.paths.Proc("1/mounts")),
        own_mounts_(context.paths.Proc("mounts")),
        rootfs_(context.paths.rootfs),
        logger_(context.logger),
        mount_points_exclude_(context.Pattern(kMountPointsExclude)),
        fs_types_exclude_(context.Pattern(kFsTypesExclude)),
        budget_(static_cast<int64_t>(ParseGoDurationSeconds(context.Flag(kMountTimeout)).value_or(0) * 1000)) {
    if (budget_.count() <= 0)
      throw std::invalid_argument("--" + std::string(kMountTimeout) + " is not a duration like 5s");
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    const bool is_fresh = watch_.MayHaveChanged() || !flags_agree_;
    if (CollectStatus status = is_fresh ? ReadMounts() : CollectStatus::Ok(); status.kind != CollectStatus::Kind::kOk)
      return status;
    std::vector<MountProber::Result> results = Ask();
    flags_agree_ = FlagsAgree(results);
    if (!is_fresh && !flags_agree_) {
      if (CollectStatus status = ReadMounts(); status.kind != CollectStatus::Kind::kOk) return status;
      results = Ask();
      flags_agree_ = FlagsAgree(results);
    }
    const std::vector<procfs::Mount>& mounts = mounts_;
    LogHung(results);

    const auto sample = [&](const procfs::Mount& mount, double value) {
      writer.Sample({{"device", mount.device}, {"fstype", mount.fs_type}, {"mountpoint", mount.mount_point}}, value);
    };
    if (mounts.empty()) return CollectStatus::Ok();
    writer.Family("node_filesystem_device_error",
                  "Whether an error occurred while getting statistics for the given device.", MetricType::kGauge);
    bool any_ok = false;
    for (size_t i = 0; i < mounts.size(); ++i) {
      const bool ok = results[i].state == MountProber::Result::State::kOk;
      any_ok = any_ok || ok;
      sample(mounts[i], ok ? 0 : 1);
    }
    if (!any_ok) return CollectStatus::Ok();
    writer.Family("node_filesystem_readonly", "Filesystem read-only status.", MetricType::kGauge);
    for (size_t i = 0; i < mounts.size(); ++i) {
      if (results[i].state == MountProber::Result::State::kOk) sample(mounts[i], mounts[i].read_only ? 1 : 0);
    }
    for (const Family& family : kFamilies) {
      writer.Family(family.name, family.help, MetricType::kGauge);
      for (size_t i = 0; i < mounts.size(); ++i) {
        if (results[i].state == MountProber::Result::State::kOk) sample(mounts[i], family.value(results[i].info));
      }
    }
    return CollectStatus::Ok();
  }

 private:
  CollectStatus ReadMounts() {
    // Process 1 sees the host's mounts even when this process has a mount namespace of its own.
    int error = ReadWatched(init_mounts_);
    if (error == ENOENT || error == EACCES || error == EPERM) error = ReadWatched(own_mounts_);
    if (error != 0) {
      watch_.Stop();
      return CollectStatus::Unreadable(own_mounts_, error);
    }
    if (content_ == parsed_content_) return CollectStatus::Ok();
    mounts_.clear();
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    for (procfs::Mount& mount : procfs::ParseMounts(content_)) {
      mount.mount_point = procfs::WithoutRootfs(std::move(mount.mount_point), rootfs_);
      if (mount_points_exclude_ && RE2::PartialMatch(mount.mount_point, *mount_points_exclude_)) continue;
      if (fs_types_exclude_ && RE2::PartialMatch(mount.fs_type, *fs_types_exclude_)) continue;
      if (!seen.emplace(mount.device, mount.mount_point, mount.fs_type).second) continue;
      mounts_.push_back(std::move(mount));
    }
    parsed_content_ = content_;
    return CollectStatus::Ok();
  }

  int ReadWatched(const std::string& path) {
    constexpr size_t kMaxBytes = 8 << 20;
    watch_.Start(path);
    return ReadFile(path, kMaxBytes, content_);
  }

  /// Whether statvfs tells of every mount what the file told: writable or not. When an error has made a file system
  /// read-only it does not, and where this process sees the host's read-only it never does.
  [[nodiscard]] bool FlagsAgree(const std::vector<MountProber::Result>& results) const {
    for (size_t i = 0; i < mounts_.size(); ++i) {
      const bool is_read_only = (results[i].info.f_flag & ST_RDONLY) != 0;
      if (results[i].state == MountProber::Result::State::kOk && is_read_only != mounts_[i].read_only) return false;
    }
    return true;
  }

  /// One result for each of mounts_. Those that cannot hang are asked at once, the others by threads.
  std::vector<MountProber::Result> Ask() {
    if (rootfs_ == "/") local_mounts_.Refresh();
    std::vector<MountProber::Result> results(mounts_.size());
    std::vector<std::string> doubtful_paths;
    std::vector<size_t> doubtful;
    for (size_t i = 0; i < mounts_.size(); ++i) {
      const std::string& mount_point = mounts_[i].mount_point;
      if (rootfs_ == "/" && local_mounts_.Contain(mount_point)) {
        results[i] = MountProber::Ask(mount_point);
      } else {
        doubtful_paths.push_back(rootfs_ == "/" ? mount_point : JoinPath(rootfs_, mount_point));
        doubtful.push_back(i);
      }
    }
    if (doubtful.empty()) return results;
    const std::vector<MountProber::Result> answers = prober_.Probe(doubtful_paths, kPatience, budget_);
    for (size_t i = 0; i < doubtful.size(); ++i) results[doubtful[i]] = answers[i];
    return results;
  }

  void LogHung(const std::vector<MountProber::Result>& results) {
    std::set<std::string> hung;
    for (size_t i = 0; i < mounts_.size(); ++i) {
      if (results[i].state == MountProber::Result::State::kHung) hung.insert(mounts_[i].mount_point);
    }
    for (const std::string& mount_point : hung) {
      if (!hung_.contains(mount_point))
        logger_.Warn("mount does not answer, skipped until it does", {{"mountpoint", mount_point}});
    }
    for (const std::string& mount_point : hung_) {
      if (!hung.contains(mount_point)) logger_.Info("mount answers again", {{"mountpoint", mount_point}});
    }
    hung_ = std::move(hung);
  }

  const std::string init_mounts_;
  const std::string own_mounts_;
  procfs::MountsWatch watch_;
  bool flags_agree_ = false;
  procfs::LocalMounts local_mounts_;
  const std::string rootfs_;
  const Logger& logger_;
  const std::unique_ptr<RE2> mount_points_exclude_;
  const std::unique_ptr<RE2> fs_types_exclude_;
  const std::chrono::milliseconds budget_;
  MountProber prober_;
  std::string content_;
  std::string parsed_content_;  // what mounts_ are from
  std::vector<procfs::Mount> mounts_;
  std::set<std::string> hung_;
};

TIDEMARK_COLLECTOR(filesystem, {.name = "filesystem",
                                .enabled_by_default = true,
                                .flags = kFlags,
                                .create = Create<FilesystemCollector>});

}  // namespace
}  // namespace tidemark::exporter
