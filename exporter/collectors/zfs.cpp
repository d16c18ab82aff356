// ZFS, from /proc/spl/kstat/zfs (the kernel's kstat files: OpenZFS, include/os/linux/spl/sys/kstat.h). Most are lines
// "name type data"; of these the unsigned 64-bit integers (type 4) are shown.

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Source {
  const char* file;
  const char* prefix;
};
/// "dbuf_stats" is what node_exporter 1.5.0 looks for; OpenZFS writes "dbufstats".
constexpr std::array<Source, 11> kSources{{{"abdstats", "node_zfs_abd_"},
                                           {"arcstats", "node_zfs_arc_"},
                                           {"dbuf_stats", "node_zfs_dbuf_"},
                                           {"dmu_tx", "node_zfs_dmu_tx_"},
                                           {"dnodestats", "node_zfs_dnode_"},
                                           {"fm", "node_zfs_fm_"},
                                           {"vdev_cache_stats", "node_zfs_vdev_cache_"},
                                           {"vdev_mirror_stats", "node_zfs_vdev_mirror_"},
                                           {"xuio_stats", "node_zfs_xuio_"},
                                           {"zfetchstats", "node_zfs_zfetch_"},
                                           {"zil", "node_zfs_zil_"}}};

constexpr std::array<const char*, 6> kStates{"online", "degraded", "faulted", "offline", "removed", "unavail"};

/// Bytes of one statistics file; far more than there are.
constexpr size_t kMaxBytes = 4 << 20;

/// One line of a kstat file.
struct Entry {
  std::string_view name;
  std::string_view type;
  std::string_view data;
  std::string_view text;  ///< the data with what follows it: names may have blanks
};

/// Calls visit(Entry) for the lines below the header "name type data". False when there is no such header.
template <typename F>
bool ForEachEntry(std::string_view content, F&& visit) {
  procfs::Scanner scanner(content);
  bool found = false;
  while (scanner.NextLine()) {
    Entry entry{.name = scanner.NextField(), .type = scanner.NextField(), .data = {}, .text = Trim(scanner.rest())};
    entry.data = scanner.NextField();
    if (!found) {
      found = entry.name == "name" && entry.type == "type" && entry.data == "data";
    } else if (!entry.data.empty()) {
      visit(entry);
    }
  }
  return found;
}

/// Statistics' names may have dashes, metrics' may not.
std::string Underscored(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

class ZfsCollector final : public Collector {
 public:
  explicit ZfsCollector(const CollectorContext& context) : directory_(context.paths.Proc("spl/kstat/zfs")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    const int error = procfs::ListDirectory(directory_, names);
    if (error == ENOENT) return CollectStatus::NoDriver("no ZFS: " + directory_);
    if (error != 0) return CollectStatus::NoData("no ZFS: " + directory_);
    problem_.clear();
    for (const Source& source : kSources) WriteStatistics(source, writer);
    SampleTable pools;
    for (const std::string& name : names) AddPool(name, pools);
    pools.Write(writer);
    return problem_.empty() ? CollectStatus::Ok() : CollectStatus::Failed(problem_);
  }

 private:
  void WriteStatistics(const Source& source, exposition::Writer& writer) {
    const std::string path = JoinPath(directory_, source.file);
    // Each version of ZFS has some more of them.
    if (ReadFile(path, kMaxBytes, content_) != 0) return;
    const bool found = ForEachEntry(content_, [&](const Entry& entry) {
      if (entry.type != "4") return;
      const auto value = procfs::ParseUnsigned(entry.data);
      if (!value) {
        problem_ = "no number for " + std::string(entry.name) + " in " + path;
        return;
      }
      writer.Single(source.prefix + Underscored(entry.name),
                    std::string("kstat.zfs.misc.") + source.file + "." + std::string(entry.name), MetricType::kUntyped,
                    static_cast<double>(*value));
    });
    if (!found) problem_ = "no statistics in " + path;
  }

  void AddPool(const std::string& pool, SampleTable& samples) {
    const std::string path = JoinPath(directory_, pool);
    for (const std::string& file : procfs::Entries(path)) {
      if (file != "io" && file != "state" && !file.starts_with("objset-")) continue;
      if (ReadFile(JoinPath(path, file), kMaxBytes, content_) != 0) continue;  // the pool was just exported
      if (file == "io") {
        AddInputOutput(pool, samples);
      } else if (file == "state") {
        AddState(pool, samples);
      } else {
        AddDataset(pool, samples);
      }
    }
  }

  /// A line of names that begins with "nread", and a line of numbers.
  void AddInputOutput(const std::string& pool, SampleTable& samples) {
    procfs::Scanner names(content_);
    while (names.NextLine()) {
      if (!names.rest().starts_with("nread")) continue;
      procfs::Scanner values = names;
      if (!values.NextLine()) return;
      for (auto name = names.NextField(); !name.empty(); name = names.NextField()) {
        const auto value = procfs::ParseUnsigned(values.NextField());
        if (!value) {
          problem_ = "no number for " + std::string(name) + " of pool " + pool;
          return;
        }
        samples.Add("node_zfs_zpool_" + std::string(name), "kstat.zfs.misc.io." + std::string(name),
                    MetricType::kUntyped, {{"zpool", pool}}, static_cast<double>(*value));
      }
      return;
    }
  }

  void AddState(const std::string& pool, SampleTable& samples) const {
    procfs::Scanner scanner(content_);
    scanner.NextLine();
    std::string current(scanner.rest());
    std::ranges::transform(current, current.begin(),
                           [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    for (const char* state : kStates) {
      samples.Add("node_zfs_zpool_state", "kstat.zfs.misc.state", MetricType::kGauge,
                  {{"state", state}, {"zpool", pool}}, current == state ? 1 : 0);
    }
  }

  void AddDataset(const std::string& pool, SampleTable& samples) {
    std::string dataset;
    ForEachEntry(content_, [&](const Entry& entry) {
      if (entry.name == "dataset_name") {
        dataset = entry.text;  // node_exporter shows the first word alone, which makes one of two
      } else if (entry.type == "4") {
        const auto value = procfs::ParseUnsigned(entry.data);
        if (!value) {
          problem_ = "no number for " + std::string(entry.name) + " of " + dataset;
          return;
        }
        samples.Add("node_zfs_zpool_dataset_" + Underscored(entry.name),
                    "kstat.zfs.misc.objset." + std::string(entry.name), MetricType::kUntyped,
                    {{"dataset", dataset}, {"zpool", pool}}, static_cast<double>(*value));
      }
    });
  }

  const std::string directory_;
  std::string content_;
  std::string problem_;
};

TIDEMARK_COLLECTOR(zfs, {.name = "zfs", .enabled_by_default = true, .flags = {}, .create = Create<ZfsCollector>});

}  // namespace
}  // namespace tidemark::exporter
