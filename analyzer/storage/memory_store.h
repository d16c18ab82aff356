#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/storage/chunk.h"
#include "analyzer/storage/index.h"
#include "analyzer/storage/storage.h"
#include "analyzer/storage/wal.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark::storage {

struct StoreOptions {
  std::string path;                             ///< directory of the log; empty: nothing survives a restart
  int64_t retention_ms = 24LL * 3'600'000;      ///< 0 keeps samples for ever
  size_t max_memory_bytes = size_t{256} << 20;  ///< of samples and labels
};

struct StoreStatistics {
  size_t series = 0;
  size_t samples = 0;
  size_t memory_bytes = 0;
  uint64_t log_bytes = 0;
  uint64_t refused_series = 0;   ///< since start
  uint64_t dropped_samples = 0;  ///< since start: let go before their time to keep within max_memory_bytes
  uint64_t failed_log_writes = 0;
  int64_t oldest_ms = 0;  ///< 0 when empty
  int64_t newest_ms = 0;
};

/// The embedded store: compressed samples in memory, within a time and a memory bound, with a write-ahead log for
/// restarts. Past the memory bound the oldest samples go first. Series themselves (labels and open chunks) may take
/// half of it; past that new ones are refused, so that a flood of them cannot push out the samples of those that are
/// there. All calls may be made from any thread.
class MemoryStore final : public Queryable, public Appendable {
 public:
  /// Reads the log back. \throw std::runtime_error when `path` cannot be used or another process uses it.
  MemoryStore(StoreOptions options, const Clock& clock, const Logger& logger);
  ~MemoryStore() override;

  AppendResult Append(std::span<Write> writes) override;
  [[nodiscard]] std::vector<SeriesSamples> Select(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms,
                                                  size_t max_samples) const override;
  [[nodiscard]] std::vector<Labels> Series(std::span<const Matcher> matchers, int64_t from_ms,
                                           int64_t to_ms) const override;

  /// Lets go of what is past the bounds, and makes what was appended so far safe against a power cut. Call it often
  /// (every few seconds): each call has little to do.
  void Maintain();

  [[nodiscard]] StoreStatistics Statistics() const;

 private:
  struct StoredSeries {
    Labels labels;
    std::vector<std::shared_ptr<const Chunk>> chunks;
    std::vector<Sample> open;
    size_t label_bytes = 0;
  };

  AppendResult AppendLocked(std::span<Write> writes, std::vector<Write>* accepted);
  StoredSeries* FindOrCreate(Write& write, AppendResult& result);
  void CloseChunk(StoredSeries& series);
  void DropChunksBefore(int64_t before_ms, bool count_as_dropped);
  void EnforceMemoryBound();
  void RemoveEmptySeries(int64_t before_ms);
  template <typename F>
  void ForEachMatch(std::span<const Matcher> matchers, F&& visit) const;

  const StoreOptions options_;
  const Clock& clock_;
  const Logger& logger_;
  UniqueFd lock_file_;

  mutable std::shared_mutex mutex_;  // guards everything below
  std::unordered_map<SeriesRef, StoredSeries> series_;
  std::unordered_map<Labels, SeriesRef, LabelsHash> ref_by_labels_;
  LabelIndex index_;
  SeriesRef next_ref_ = 1;
  size_t memory_bytes_ = 0;
  size_t series_bytes_ = 0;  // the part of memory_bytes_ that is labels and open chunks
  size_t sample_count_ = 0;
  uint64_t refused_series_ = 0;
  uint64_t dropped_samples_ = 0;
  uint64_t failed_log_writes_ = 0;
  std::optional<WriteAheadLog> log_;
};

}  // namespace tidemark::storage
