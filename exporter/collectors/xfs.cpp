// XFS file systems, from /sys/fs/xfs/*/stats/stats (the kernel's fs/xfs/xfs_stats.c).

#include <map>
#include <utility>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

struct Statistic {
  const char* line;
  size_t index;
  const char* name;
  const char* help;
};
constexpr Statistic kStatistics[] = {
    {"extent_alloc", 0, "extent_allocation_extents_allocated_total", "Number of extents allocated for a filesystem."},
    {"extent_alloc", 1, "extent_allocation_blocks_allocated_total", "Number of blocks allocated for a filesystem."},
    {"extent_alloc", 2, "extent_allocation_extents_freed_total", "Number of extents freed for a filesystem."},
    {"extent_alloc", 3, "extent_allocation_blocks_freed_total", "Number of blocks freed for a filesystem."},
    {"abt", 0, "allocation_btree_lookups_total", "Number of allocation B-tree lookups for a filesystem."},
    {"abt", 1, "allocation_btree_compares_total", "Number of allocation B-tree compares for a filesystem."},
    {"abt", 2, "allocation_btree_records_inserted_total",
     "Number of allocation B-tree records inserted for a filesystem."},
    {"abt", 3, "allocation_btree_records_deleted_total",
     "Number of allocation B-tree records deleted for a filesystem."},
    {"blk_map", 0, "block_mapping_reads_total", "Number of block map for read operations for a filesystem."},
    {"blk_map", 1, "block_mapping_writes_total", "Number of block map for write operations for a filesystem."},
    {"blk_map", 2, "block_mapping_unmaps_total", "Number of block unmaps (deletes) for a filesystem."},
    {"blk_map", 3, "block_mapping_extent_list_insertions_total", "Number of extent list insertions for a filesystem."},
    {"blk_map", 4, "block_mapping_extent_list_deletions_total", "Number of extent list deletions for a filesystem."},
    {"blk_map", 5, "block_mapping_extent_list_lookups_total", "Number of extent list lookups for a filesystem."},
    {"blk_map", 6, "block_mapping_extent_list_compares_total", "Number of extent list compares for a filesystem."},
    {"bmbt", 0, "block_map_btree_lookups_total", "Number of block map B-tree lookups for a filesystem."},
    {"bmbt", 1, "block_map_btree_compares_total", "Number of block map B-tree compares for a filesystem."},
    {"bmbt", 2, "block_map_btree_records_inserted_total",
     "Number of block map B-tree records inserted for a filesystem."},
    {"bmbt", 3, "block_map_btree_records_deleted_total",
     "Number of block map B-tree records deleted for a filesystem."},
    {"dir", 0, "directory_operation_lookup_total",
     "Number of file name directory lookups which miss the operating systems directory name lookup cache."},
    {"dir", 1, "directory_operation_create_total",
     "Number of times a new directory entry was created for a filesystem."},
    {"dir", 2, "directory_operation_remove_total",
     "Number of times an existing directory entry was created for a filesystem."},
    {"dir", 3, "directory_operation_getdents_total",
     "Number of times the directory getdents operation was performed for a filesystem."},
    {"ig", 0, "inode_operation_attempts_total", "Number of times the OS looked for an XFS inode in the inode cache."},
    {"ig", 1, "inode_operation_found_total",
     "Number of times the OS looked for and found an XFS inode in the inode cache."},
    {"ig", 2, "inode_operation_recycled_total",
     "Number of times the OS found an XFS inode in the cache, but could not use it as it was being recycled."},
    {"ig", 3, "inode_operation_missed_total",
     "Number of times the OS looked for an XFS inode in the cache, but did not find it."},
    {"ig", 4, "inode_operation_duplicates_total",
     "Number of times the OS tried to add a missing XFS inode to the inode cache, but found it had already been added "
     "by another process."},
    {"ig", 5, "inode_operation_reclaims_total",
     "Number of times the OS reclaimed an XFS inode from the inode cache to free memory for another purpose."},
    {"ig", 6, "inode_operation_attribute_changes_total",
     "Number of times the OS explicitly changed the attributes of an XFS inode."},
    {"rw", 0, "write_calls_total", "Number of write(2) system calls made to files in a filesystem."},
    {"rw", 1, "read_calls_total", "Number of read(2) system calls made to files in a filesystem."},
    {"vnodes", 0, "vnode_active_total", "Number of vnodes not on free lists for a filesystem."},
    {"vnodes", 1, "vnode_allocate_total", "Number of times vn_alloc called for a filesystem."},
    {"vnodes", 2, "vnode_get_total", "Number of times vn_get called for a filesystem."},
    {"vnodes", 3, "vnode_hold_total", "Number of times vn_hold called for a filesystem."},
    {"vnodes", 4, "vnode_release_total", "Number of times vn_rele called for a filesystem."},
    {"vnodes", 5, "vnode_reclaim_total", "Number of times vn_reclaim called for a filesystem."},
    {"vnodes", 6, "vnode_remove_total", "Number of times vn_remove called for a filesystem."},
};

/// How many numbers other lines have (the kernel's fs/xfs/xfs_stats.c).
constexpr std::pair<std::string_view, size_t> kOtherLines[] = {
    {"trans", 3}, {"log", 5}, {"push_ail", 10}, {"xstrat", 2}, {"attr", 4}, {"icluster", 3}, {"buf", 9}, {"xpc", 3}};

/// Whether a line is not cut short.
bool IsWhole(std::string_view line, size_t numbers) {
  for (const Statistic& statistic : kStatistics) {
    if (line == statistic.line && statistic.index >= numbers) return false;
  }
  for (const auto& [name, count] : kOtherLines) {
    if (line == name && numbers < count) return false;
  }
  return true;
}

struct FileSystem {
  std::string device;
  std::map<std::string, std::vector<double>, std::less<>> lines;
};

class XfsCollector final : public Collector {
 public:
  explicit XfsCollector(const CollectorContext& context) : directory_(context.paths.Sys("fs/xfs")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<FileSystem> file_systems;
    directory_.List(names_);
    for (const std::string& device : names_) {
      if (device == "stats") continue;  // the sum of all
      const std::string path = JoinPath(directory_.path(), device + "/stats/stats");
      if (ReadFile(path, 64 << 10, content_) != 0) continue;
      FileSystem& file_system = file_systems.emplace_back();
      file_system.device = device;
      procfs::Scanner scanner(content_);
      while (scanner.NextLine()) {
        const std::string_view line = scanner.NextField();
        std::vector<double>& values = file_system.lines[std::string(line)];
        for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
          const auto value = procfs::ParseUnsigned(field);
          if (!value) return CollectStatus::Failed("malformed line in " + path);
          values.push_back(static_cast<double>(*value));
        }
        if (!IsWhole(line, values.size())) return CollectStatus::Failed("line cut short in " + path);
      }
    }
    if (file_systems.empty()) return CollectStatus::Ok();
    for (const Statistic& statistic : kStatistics) {
      writer.Family(std::string("node_xfs_") + statistic.name, statistic.help, exposition::MetricType::kCounter);
      for (const FileSystem& file_system : file_systems) {
        const auto line = file_system.lines.find(statistic.line);
        const bool is_there = line != file_system.lines.end();
        writer.Sample({{"device", file_system.device}}, is_there ? line->second[statistic.index] : 0);
      }
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelDirectory directory_;
  std::vector<std::string> names_;
  std::string content_;
};

TIDEMARK_COLLECTOR(xfs, {.name = "xfs", .enabled_by_default = true, .flags = {}, .create = Create<XfsCollector>});

}  // namespace
}  // namespace tidemark::exporter
