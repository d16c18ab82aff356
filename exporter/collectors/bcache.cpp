// Block caches, from /sys/fs/bcache (the kernel's Documentation/admin-guide/bcache.rst). Numbers may be written for
// people, as bch_hprint of drivers/md/bcache/util.c does: 2.1k, 14.5M.

#include <array>
#include <cerrno>
#include <cmath>
#include <optional>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kPriorityStats = "collector.bcache.priorityStats";

constexpr FlagSpec kFlags[] = {
    {kPriorityStats, "false", "Read priority_stats too, which costs the kernel a walk through all buckets", true},
};

struct Statistic {
  const char* file;
  const char* metric;
  const char* help;
  MetricType type = MetricType::kGauge;
  double divisor = 1;
};

constexpr double kNanosecondsPerSecond = 1e9;

constexpr std::array<Statistic, 10> kOfSet{
    {{"average_key_size", "node_bcache_average_key_size_sectors", "Average data per key in the btree (sectors)."},
     {"btree_cache_size", "node_bcache_btree_cache_size_bytes", "Amount of memory currently used by the btree cache."},
     {"cache_available_percent", "node_bcache_cache_available_percent",
      "Percentage of cache device without dirty data, usable for writeback (may contain clean cached data)."},
     {"congested", "node_bcache_congested", "Congestion."},
     {"root_usage_percent", "node_bcache_root_usage_percent",
      "Percentage of the root btree node in use (tree depth increases if too high)."},
     {"tree_depth", "node_bcache_tree_depth", "Depth of the btree."},
     {"internal/active_journal_entries", "node_bcache_active_journal_entries",
      "Number of journal entries that are newer than the index."},
     {"internal/btree_nodes", "node_bcache_btree_nodes", "Total nodes in the btree."},
     {"internal/btree_read_average_duration_us", "node_bcache_btree_read_average_duration_seconds",
      "Average btree read duration.", MetricType::kGauge, kNanosecondsPerSecond},
     {"internal/cache_read_races", "node_bcache_cache_read_races_total",
      "Counts instances where while data was being read from the cache, the bucket was reused and invalidated - i.e. "
      "where the pointer was stale after the read completed.",
      MetricType::kCounter}}};

constexpr std::array<Statistic, 8> kOfBackingDevice{
    {{"stats_total/bypassed", "node_bcache_bypassed_bytes_total",
      "Amount of IO (both reads and writes) that has bypassed the cache.", MetricType::kCounter},
     {"stats_total/cache_hits", "node_bcache_cache_hits_total", "Hits counted per individual IO as bcache sees them.",
      MetricType::kCounter},
     {"stats_total/cache_misses", "node_bcache_cache_misses_total",
      "Misses counted per individual IO as bcache sees them.", MetricType::kCounter},
     {"stats_total/cache_bypass_hits", "node_bcache_cache_bypass_hits_total", "Hits for IO intended to skip the cache.",
      MetricType::kCounter},
     {"stats_total/cache_bypass_misses", "node_bcache_cache_bypass_misses_total",
      "Misses for IO intended to skip the cache.", MetricType::kCounter},
     {"stats_total/cache_miss_collisions", "node_bcache_cache_miss_collisions_total",
      "Instances where data insertion from cache miss raced with write (data already present).", MetricType::kCounter},
     {"stats_total/cache_readaheads", "node_bcache_cache_readaheads_total", "Count of times readahead occurred.",
      MetricType::kCounter},
     {"dirty_data", "node_bcache_dirty_data_bytes", "Amount of dirty data for this backing device in the cache."}}};

constexpr std::array<Statistic, 3> kOfCacheDevice{
    {{"io_errors", "node_bcache_io_errors", "Number of errors that have occurred, decayed by io_error_halflife."},
     {"metadata_written", "node_bcache_metadata_written_bytes_total",
      "Sum of all non data writes (btree writes and all other metadata).", MetricType::kCounter},
     {"written", "node_bcache_written_bytes_total", "Sum of all data that has been written to the cache.",
      MetricType::kCounter}}};

/// Lines of writeback_rate_debug: "rate:		1.1M/sec".
constexpr std::array<Statistic, 5> kWriteback{
    {{"target", "node_bcache_dirty_target_bytes",
      "Current dirty data target threshold for this backing device in bytes."},
     {"rate", "node_bcache_writeback_rate", "Current writeback rate for this backing device in bytes."},
     {"proportional", "node_bcache_writeback_rate_proportional_term",
      "Current result of proportional controller, part of writeback rate"},
     {"integral", "node_bcache_writeback_rate_integral_term",
      "Current result of integral controller, part of writeback rate"},
     {"change", "node_bcache_writeback_change", "Last writeback rate change step for this backing device."}}};

/// "14.5M" as 14.5 * 2^20, whole. What follows the point is a count of 1024ths over 100: node_exporter's reading.
std::optional<double> ParseHuman(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  constexpr std::string_view kUnits = "kMGTPEZY";
  const size_t unit = kUnits.find(text.back());
  double factor = 1;
  if (unit != std::string_view::npos) {
    factor = std::pow(1024, static_cast<double>(unit + 1));
    text.remove_suffix(1);
  }
  const size_t point = text.find('.');
  const auto whole = procfs::ParseDecimal(text.substr(0, point));
  if (!whole) return std::nullopt;
  double value = *whole;
  if (point != std::string_view::npos) {
    const auto fraction = procfs::ParseDecimal(text.substr(point + 1));
    if (!fraction) return std::nullopt;
    constexpr double kFractionUnits = 10.24;
    value = unit == std::string_view::npos ? procfs::ParseDecimal(text).value_or(value)
                                           : value + *fraction / kFractionUnits;
  }
  value = std::trunc(value * factor);
  return negative ? -value : value;
}

class BcacheCollector final : public Collector {
 public:
  explicit BcacheCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("fs/bcache")), with_priorities_(context.Switch(kPriorityStats)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> entries;
    if (procfs::ListDirectory(directory_, entries) == ENOENT) return CollectStatus::NoDriver();
    problem_.clear();
    SampleTable samples;
    for (const std::string& uuid : entries) {
      if (uuid.find('-') == std::string::npos) continue;  // "register" lies beside them
      const std::string path = JoinPath(directory_, uuid);
      Add(path, kOfSet, {{"uuid", uuid}}, samples);
      for (const std::string& name : procfs::Entries(path)) {
        if (!procfs::NumberAfter(name, "bdev").empty()) AddBackingDevice(JoinPath(path, name), name, uuid, samples);
        if (!procfs::NumberAfter(name, "cache").empty()) AddCacheDevice(JoinPath(path, name), name, uuid, samples);
      }
    }
    samples.Write(writer);
    return problem_.empty() ? CollectStatus::Ok() : CollectStatus::Failed(problem_);
  }

 private:
  template <size_t kCount>
  void Add(const std::string& path, const std::array<Statistic, kCount>& statistics,
           const SampleTable::LabelList& labels, SampleTable& samples) {
    for (const Statistic& statistic : statistics) {
      // Kernels differ in what they have; what is not there counts as 0, as in node_exporter.
      const std::string text = procfs::ReadText(JoinPath(path, statistic.file)).value_or("0");
      const auto value = ParseHuman(text);
      if (!value) {
        problem_ = "no number in " + JoinPath(path, statistic.file);
        continue;
      }
      samples.Add(statistic.metric, statistic.help, statistic.type, labels, *value / statistic.divisor);
    }
  }

  void AddBackingDevice(const std::string& path, const std::string& name, const std::string& uuid,
                        SampleTable& samples) {
    const SampleTable::LabelList labels{{"backing_device", name}, {"uuid", uuid}};
    Add(path, kOfBackingDevice, labels, samples);
    if (ReadFile(JoinPath(path, "writeback_rate_debug"), 64 << 10, content_) != 0) {
      problem_ = "cannot read " + JoinPath(path, "writeback_rate_debug");
      return;
    }
    for (const Statistic& statistic : kWriteback) {
      const double value = WritebackValue(statistic.file);
      samples.Add(statistic.metric, statistic.help, statistic.type, labels, value);
    }
  }

  double WritebackValue(std::string_view key) {
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view line = scanner.rest();
      if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") continue;
      std::string_view text = Trim(line.substr(key.size() + 1));
      if (text.ends_with("/sec")) text.remove_suffix(4);
      if (const auto value = ParseHuman(text)) return *value;
      problem_ = "no number after \"" + std::string(key) + ":\" in writeback_rate_debug";
    }
    return 0;
  }

  void AddCacheDevice(const std::string& path, const std::string& name, const std::string& uuid, SampleTable& samples) {
    const SampleTable::LabelList labels{{"cache_device", name}, {"uuid", uuid}};
    Add(path, kOfCacheDevice, labels, samples);
    if (!with_priorities_ || ReadFile(JoinPath(path, "priority_stats"), 64 << 10, content_) != 0) return;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      std::string_view text = scanner.NextField();
      if (text.ends_with('%')) text.remove_suffix(1);
      const auto percent = procfs::ParseUnsigned(text);
      if (!percent) continue;
      if (key == "Unused:") {
        samples.Add("node_bcache_priority_stats_unused_percent",
                    "The percentage of the cache that doesn't contain any data.", MetricType::kGauge, labels,
                    static_cast<double>(*percent));
      } else if (key == "Metadata:") {
        samples.Add("node_bcache_priority_stats_metadata_percent", "Bcache's metadata overhead.", MetricType::kGauge,
                    labels, static_cast<double>(*percent));
      }
    }
  }

  const std::string directory_;
  const bool with_priorities_;
  std::string content_;
  std::string problem_;
};

TIDEMARK_COLLECTOR(bcache,
                   {.name = "bcache", .enabled_by_default = true, .flags = kFlags, .create = Create<BcacheCollector>});

}  // namespace
}  // namespace tidemark::exporter
