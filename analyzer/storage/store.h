#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "analyzer/storage/block.h"
#include "analyzer/storage/selection_cache.h"
#include "analyzer/storage/series_log.h"
#include "analyzer/storage/series_table.h"
#include "analyzer/storage/storage.h"
#include "analyzer/storage/wal.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark::storage {

struct StoreOptions {
  std::string path;                             ///< directory; empty: all in memory, nothing survives a restart
  int64_t retention_ms = 24LL * 3'600'000;      ///< 0 keeps samples for ever
  size_t max_memory_bytes = size_t{256} << 20;  ///< of series, labels, and samples that are not on disk
  uint64_t max_disk_bytes = 0;                  ///< 0: no bound
  size_t max_series = 1'000'000;
};

struct StoreStatistics {
  size_t series = 0;
  uint64_t samples = 0;
  uint64_t head_samples = 0;   ///< those that are in no block yet
  size_t memory_bytes = 0;     ///< series, labels, and samples that are not on disk
  size_t index_bytes = 0;      ///< the part of it that is series and labels
  size_t selection_bytes = 0;  ///< remembered selections of series, which are beside it
  size_t blocks = 0;
  uint64_t block_bytes = 0;
  uint64_t log_bytes = 0;        ///< of the write-ahead log and the series log
  uint64_t refused_series = 0;   ///< since start, as all below
  uint64_t dropped_samples = 0;  ///< let go before their time to keep within a bound
  uint64_t failed_log_writes = 0;
  uint64_t failed_flushes = 0;
  uint64_t damaged_chunks = 0;
  uint64_t torn_segments = 0;
  int64_t oldest_ms = 0;  ///< 0 when empty
  int64_t newest_ms = 0;
};

// The embedded store. New samples go to the head (series_table.h: in memory, compressed) and to the write-ahead log.
// Every two hours or so the head's samples become a block (block.h), and the log begins anew; blocks are joined as they
// pile up, and deleted as they age. Samples lie in files of their own and not in SQLite, which keeps what is
// relational: the 2.9 million samples of tests/bench/storage_cost.py are 2.2 MB here and 61 MB as rows, and old
// samples go with one unlink instead of a vacuum.
//
//   <path>/lock          held as long as the process runs
//   <path>/series.log    which id has which labels
//   <path>/wal/*.wal     samples in no block yet
//   <path>/blocks/*.blk  the others
//
// Bounds: past max_memory the head is made a block early; new series are refused when series alone would take half of
// it, so that a flood of them cannot push out those that are there. Past max_disk the oldest blocks go. When the disk
// refuses, samples stay in memory (the oldest going first at the bound) until it takes them.
//
// All calls may be made from any thread. Readers wait for no file and no disk: chunks are decoded, the log and blocks
// written, and files synced without the lock that they take.
class Store final : public Queryable, public Appendable {
 public:
  /// Reads back what is there. \throw std::runtime_error when `path` cannot be used or another process uses it.
  Store(StoreOptions options, const Clock& clock, const Logger& logger);
  /// Makes the head a block when that is quick, so that the next start is too.
  ~Store() override;

  SeriesRef RefOf(const Labels& labels) override;
  AppendResult Append(std::span<const SeriesWrite> writes) override;
  bool Sync() override;

  [[nodiscard]] std::unique_ptr<const Selection> Open(std::span<const Matcher> matchers, int64_t from_ms,
                                                      int64_t to_ms) const override;
  [[nodiscard]] std::unique_ptr<const Selection> OpenNewest(std::span<const Matcher> matchers, int64_t from_ms,
                                                            int64_t to_ms) const override;
  [[nodiscard]] std::vector<Labels> Series(std::span<const Matcher> matchers, int64_t from_ms,
                                           int64_t to_ms) const override;

  /// Keeps within the bounds, and syncs. Call it every second or so: each call has little to do.
  void Maintain();
  /// Makes the head a block now. False when there was nothing to write, or the disk refused.
  bool Flush();

  /// Copies everything to a new directory, from which a store can be opened: hard links where the file system has them.
  /// \throw std::runtime_error
  void Snapshot(const std::string& directory);

  [[nodiscard]] StoreStatistics Statistics() const;

 private:
  using BlockPtr = std::shared_ptr<const Block>;
  enum class Wanted { kEverySample, kNewestSample };

  // store_query.cpp
  std::unique_ptr<const Selection> OpenFor(Wanted wanted, std::span<const Matcher> matchers, int64_t from_ms,
                                           int64_t to_ms) const;
  [[nodiscard]] bool HoldsNewest(const HeadSeries& series) const;

  // store.cpp
  void OpenBlocks();
  void AppendSlice(std::span<const SeriesWrite> writes, AppendResult& result);
  void AppendBatches(std::span<const SeriesWrite> writes, AppendResult& result);
  void AppendSample(HeadSeries* series, Sample sample, AppendResult& result);
  void AppendToHead(HeadSeries& series, Sample sample);
  void Seal(HeadSeries& series);
  void RewriteSeriesLog();

  // store_maintenance.cpp
  [[nodiscard]] bool FlushIsDue() const;
  bool FlushHeld();
  void WriteHead(uint32_t end_id, bool to_memory, std::vector<BlockPtr>& written);
  std::vector<std::pair<uint32_t, std::string>> TakeHeadSlice(uint32_t begin_id, uint32_t end_id);
  void TrimHead(uint32_t end_id);
  void PublishBlocks(const std::vector<BlockPtr>& added, const std::vector<BlockPtr>& removed);
  void PersistMemoryBlocks();
  void DropOldBlocks();
  void DropBlock(const BlockPtr& block, bool before_its_time);
  void RemoveOldSeries();
  void ReleasePages();
  void MergeBlocks();
  [[nodiscard]] std::string NextBlockPath();
  [[nodiscard]] size_t MemoryBytes() const;
  [[nodiscard]] uint64_t LogBytes() const;

  const StoreOptions options_;
  const Clock& clock_;
  const Logger& logger_;
  UniqueFd lock_file_;

  // Held by whoever writes, joins or deletes blocks, before mutex_.
  std::mutex maintenance_mutex_;  // guards the next five
  uint64_t next_block_number_ = 1;
  int64_t last_flush_ms_ = 0;
  uint32_t sweep_id_ = 0;
  bool disk_refuses_ = false;
  uint32_t flushed_segment_ = 0;  // older segments hold nothing that is in no block

  mutable std::atomic<bool> large_read_ = false;  // since ReleasePages looked last

  std::mutex sync_mutex_;  // guards the next two; held while files are synced, before mutex_
  uint64_t synced_count_ = 0;
  uint64_t synced_series_bytes_ = 0;

  // Held by whoever appends or begins a new segment of the log, while files are written too; before mutex_.
  mutable std::mutex log_mutex_;  // guards the next five
  std::optional<SeriesLog> series_log_;
  std::optional<WriteAheadLog> log_;
  uint64_t append_count_ = 0;
  bool unlogged_ = false;  // some samples are in memory only
  bool flush_wanted_ = false;

  mutable SelectionCache selections_;  // beside what max_memory bounds

  mutable std::shared_mutex mutex_;  // guards everything below
  SeriesTable table_;
  std::vector<BlockPtr> blocks_;  // by min_time_ms
  size_t head_bytes_ = 0;
  uint64_t head_samples_ = 0;
  StoreStatistics counters_;    // those since start
  std::vector<Sample> opened_;  // Seal's, as is chunk_: kept, so that sealing allocates seldom
  std::string chunk_;
};

}  // namespace tidemark::storage
