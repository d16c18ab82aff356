// How the store keeps within its bounds: from the head to blocks, from small blocks to larger ones, and away.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>

#include "analyzer/storage/block_writer.h"
#include "analyzer/storage/durable_file.h"
#include "analyzer/storage/store.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// Series that are looked at under one hold of the lock: some hundred microseconds.
constexpr uint32_t kSliceSeries = 32;
/// How long lock and CPU are left to others between two slices.
constexpr std::chrono::microseconds kBetweenSlices{50};
/// The head becomes a block at this many samples a series: two hours at a 30 s interval.
constexpr uint64_t kBlockSamplesPerSeries = 240;
constexpr uint64_t kLeastBlockSamples = 20'000;
/// … or after this time, so that few samples a series do not stay in the log for ever.
constexpr int64_t kMaxHeadMs = 6 * 3'600'000LL;
/// … or at this share of the memory bound.
constexpr size_t kHeadShare = 4;
/// Blocks of one stretch of time are joined: a quarter of the retention, a day when there is none.
constexpr int64_t kStretchShare = 4;
constexpr int64_t kLongestStretchMs = 24 * 3'600'000LL;
constexpr int64_t kShortestStretchMs = 2 * 3'600'000LL;
/// … at once when it has so many.
constexpr size_t kManyBlocks = 8;

/// Whoever waits for the lock is woken when it is free, which takes longer than taking it again would; and whoever
/// waits for a CPU would wait for a whole time slice of the scheduler.
void LetOthersWork() { std::this_thread::sleep_for(kBetweenSlices); }

/// Adds a series' samples, of which the newest are a chunk of their own: most queries ask for them, and would have to
/// decode hours for five minutes, or a day after an import. It goes when blocks are joined.
void AddNewestApart(BlockWriter& writer, uint32_t id, std::span<const Sample> samples) {
  constexpr size_t kNewest = 32;
  const size_t older = samples.size() > 2 * kNewest ? samples.size() - kNewest : 0;
  writer.Add(id, samples.first(older));
  writer.Add(id, samples.subspan(older));
}

void DecodeHead(std::string_view sealed, std::vector<Sample>& samples) {
  ChunkColumns columns;
  std::string_view chunk;
  samples.clear();
  while (ReadText(sealed, chunk)) {
    if (DecodeChunk(chunk, columns)) AppendRange(columns, kMinTime, kMaxTime, samples);
  }
}

}  // namespace

std::string Store::NextBlockPath() {
  return JoinPath(options_.path, "blocks/" + NumberedName(next_block_number_++, ".blk"));
}

size_t Store::MemoryBytes() const {
  size_t bytes = head_bytes_ + table_.text_bytes() + table_.size() * SeriesTable::kSeriesBytes;
  for (const BlockPtr& block : blocks_) {
    if (block->path().empty()) bytes += block->bytes();
  }
  return bytes;
}

bool Store::FlushIsDue() const {
  const std::lock_guard log_lock(log_mutex_);
  const std::shared_lock lock(mutex_);
  if (head_samples_ == 0) return false;
  const int64_t head_ms = options_.retention_ms > 0 ? std::min(kMaxHeadMs, options_.retention_ms / 8) : kMaxHeadMs;
  return flush_wanted_ || head_bytes_ > options_.max_memory_bytes / kHeadShare ||
         MemoryBytes() > options_.max_memory_bytes ||
         head_samples_ >= std::max(kLeastBlockSamples, kBlockSamplesPerSeries * table_.size()) ||
         clock_.NowMs() - last_flush_ms_ >= head_ms;
}

/// Copies the sealed samples of some series, whose open ones are sealed first, and marks them as being flushed.
std::vector<std::pair<uint32_t, std::string>> Store::TakeHeadSlice(uint32_t begin_id, uint32_t end_id) {
  std::vector<std::pair<uint32_t, std::string>> taken;
  const std::unique_lock lock(mutex_);
  table_.ForEach(begin_id, end_id, [&](HeadSeries& series) {
    if (!series.has_head()) return;
    const size_t bytes_before = series.sample_bytes();
    Seal(series);
    head_bytes_ += series.sample_bytes() - bytes_before;
    series.flushing_bytes = static_cast<uint32_t>(series.sealed.size());
    taken.emplace_back(series.id, series.sealed.view());
  });
  return taken;
}

/// Lets go of what was flushed.
void Store::TrimHead(uint32_t end_id) {
  for (uint32_t id = 0; id < end_id; id += kSliceSeries) {
    LetOthersWork();
    const std::unique_lock lock(mutex_);
    table_.ForEach(id, std::min(end_id, id + kSliceSeries), [&](HeadSeries& series) {
      if (series.flushing_bytes == 0) return;
      const size_t bytes_before = series.sample_bytes();
      std::string_view flushed = series.sealed.view().substr(0, series.flushing_bytes);
      uint32_t samples = 0;
      std::string_view chunk;
      while (ReadText(flushed, chunk)) samples += static_cast<uint32_t>(ChunkSampleCount(chunk));
      series.sealed.erase_front(series.flushing_bytes);
      series.sealed.shrink_to_fit();
      series.flushing_bytes = 0;
      series.sealed_samples -= samples;
      head_samples_ -= samples;
      head_bytes_ += series.sample_bytes() - bytes_before;
    });
  }
}

void Store::WriteHead(uint32_t end_id, bool to_memory, std::vector<BlockPtr>& written) {
  std::optional<BlockWriter> writer;
  std::vector<Sample> samples;
  const auto finish = [&] {
    if (writer && !writer->empty()) written.push_back(writer->Finish());
    writer.reset();
  };
  for (uint32_t id = 0; id < end_id; id += kSliceSeries) {
    for (const auto& [series_id, sealed] : TakeHeadSlice(id, std::min(end_id, id + kSliceSeries))) {
      if (!writer) writer.emplace(to_memory ? std::string() : NextBlockPath());
      DecodeHead(sealed, samples);
      AddNewestApart(*writer, series_id, samples);
      if (writer->bytes() > BlockWriter::kMaxBytes) finish();
    }
    LetOthersWork();
  }
  finish();
}

void Store::PublishBlocks(const std::vector<BlockPtr>& added, const std::vector<BlockPtr>& removed) {
  const std::unique_lock lock(mutex_);
  for (const BlockPtr& block : removed) {
    counters_.damaged_chunks += block->damaged_chunks();
    std::erase(blocks_, block);
  }
  blocks_.insert(blocks_.end(), added.begin(), added.end());
  std::ranges::stable_sort(blocks_, {}, [](const BlockPtr& block) { return block->min_time_ms(); });
}

bool Store::Flush() {
  const std::lock_guard maintenance_lock(maintenance_mutex_);
  return FlushHeld();
}

bool Store::FlushHeld() {
  Sync();
  last_flush_ms_ = clock_.NowMs();
  uint32_t segment = 0;
  uint32_t end_id = 0;
  uint64_t failed_before = 0;
  UniqueFd last_segment;
  {
    // What is logged from here on may be in the block too; what was logged before is.
    const std::lock_guard log_lock(log_mutex_);
    flush_wanted_ = false;
    {
      const std::shared_lock lock(mutex_);
      if (head_samples_ == 0) return false;
      end_id = table_.next_id();
      failed_before = counters_.failed_log_writes;
    }
    if (log_) {
      last_segment = log_->Duplicate();
      segment = log_->Rotate();
    }
  }
  if (last_segment) ::fdatasync(last_segment.get());
  std::vector<BlockPtr> written;
  bool on_disk = !options_.path.empty();
  try {
    WriteHead(end_id, !on_disk, written);
  } catch (const std::runtime_error& error) {
    for (const BlockPtr& block : written) ::unlink(block->path().c_str());
    written.clear();
    if (!disk_refuses_) {
      logger_.Error("cannot write a block; its samples stay in memory until the disk takes them",
                    {{"err", error.what()}});
    }
    disk_refuses_ = true;
    on_disk = false;
    WriteHead(end_id, true, written);
  }
  PublishBlocks(written, {});
  TrimHead(end_id);
  if (segment != 0) flushed_segment_ = segment;
  if (on_disk) {
    if (disk_refuses_) logger_.Info("blocks are written again");
    disk_refuses_ = false;
  }
  const std::lock_guard log_lock(log_mutex_);
  bool all_on_disk = false;
  {
    const std::unique_lock lock(mutex_);
    // What the log refused meanwhile need not be in the block.
    if (on_disk && counters_.failed_log_writes == failed_before) unlogged_ = false;
    if (!on_disk && log_) ++counters_.failed_flushes;
    all_on_disk = std::ranges::none_of(blocks_, [](const BlockPtr& block) { return block->path().empty(); });
  }
  if (log_ && all_on_disk) log_->DropBefore(flushed_segment_);
  return on_disk || options_.path.empty();
}

void Store::PersistMemoryBlocks() {
  if (options_.path.empty()) return;
  std::vector<BlockPtr> in_memory;
  {
    const std::shared_lock lock(mutex_);
    std::ranges::copy_if(blocks_, std::back_inserter(in_memory),
                         [](const BlockPtr& block) { return block->path().empty(); });
  }
  if (in_memory.empty()) return;
  for (const BlockPtr& block : in_memory) {
    const std::string path = NextBlockPath();
    const std::string temporary = path + ".new";
    const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file || !WriteAll(file.get(), block->content()) || !ReplaceFile(file.get(), temporary, path)) {
      ::unlink(temporary.c_str());
      return;
    }
    PublishBlocks({Block::OpenFile(path)}, {block});
  }
  logger_.Info("blocks are written again");
  disk_refuses_ = false;
  const std::lock_guard log_lock(log_mutex_);
  {
    const std::shared_lock lock(mutex_);
    // The head may hold samples that the log has missed.
    flush_wanted_ = head_samples_ > 0;
  }
  log_->DropBefore(flushed_segment_);
}

void Store::DropBlock(const BlockPtr& block, bool before_its_time) {
  PublishBlocks({}, {block});
  if (!block->path().empty()) ::unlink(block->path().c_str());
  if (!before_its_time) return;
  const std::unique_lock lock(mutex_);
  counters_.dropped_samples += block->sample_count();
}

void Store::DropOldBlocks() {
  const int64_t now_ms = clock_.NowMs();
  while (true) {
    BlockPtr oldest;
    bool expired = false;
    bool too_much = false;
    uint64_t disk_bytes = LogBytes();
    {
      const std::shared_lock lock(mutex_);
      BlockPtr in_memory;
      for (const BlockPtr& block : blocks_) {
        if (options_.retention_ms > 0 && block->max_time_ms() < now_ms - options_.retention_ms) {
          oldest = block;
          expired = true;
        }
        if (block->path().empty()) {
          if (!in_memory) in_memory = block;
        } else {
          disk_bytes += block->bytes();
        }
      }
      if (!expired && options_.max_disk_bytes > 0 && disk_bytes > options_.max_disk_bytes && !blocks_.empty()) {
        oldest = blocks_.front();
        too_much = true;
      }
      if (!expired && !too_much && in_memory && MemoryBytes() > options_.max_memory_bytes) {
        oldest = in_memory;
        too_much = true;
      }
    }
    if (!oldest) return;
    if (too_much) {
      logger_.Warn(
          "the store is at its bound: the oldest samples go (raise --storage.max-memory or "
          "--storage.max-disk to keep them)",
          {{"samples", std::to_string(oldest->sample_count())}});
    }
    DropBlock(oldest, too_much);
  }
}

/// A series that got nothing for the whole retention is forgotten. Some slices of them a call.
void Store::RemoveOldSeries() {
  if (options_.retention_ms == 0) return;
  constexpr int kSweptSlices = 8;
  const int64_t before_ms = clock_.NowMs() - options_.retention_ms;
  std::vector<HeadSeries*> old;
  for (int slice = 0; slice < kSweptSlices; ++slice) {
    if (slice > 0) LetOthersWork();
    const std::unique_lock lock(mutex_);
    old.clear();
    table_.ForEach(sweep_id_, sweep_id_ + kSliceSeries, [&](HeadSeries& series) {
      if (series.has_samples && series.open.last_time_ms() < before_ms && series.flushing_bytes == 0)
        old.push_back(&series);
    });
    for (HeadSeries* const series : old) {
      head_bytes_ -= series->sample_bytes();
      head_samples_ -= series->sealed_samples + series->open.sample_count();
    }
    table_.Remove(old);
    sweep_id_ += kSliceSeries;
    if (sweep_id_ < table_.next_id()) continue;
    sweep_id_ = 0;
    return;
  }
}

/// Joins the blocks of one stretch of time once it is over, or when there are many: larger chunks take less room.
void Store::MergeBlocks() {
  const int64_t stretch_ms = options_.retention_ms > 0 ? std::clamp(options_.retention_ms / kStretchShare,
                                                                    kShortestStretchMs, kLongestStretchMs)
                                                       : kLongestStretchMs;
  std::map<int64_t, std::vector<BlockPtr>> stretches;
  int64_t newest_ms = kMinTime;
  {
    const std::shared_lock lock(mutex_);
    for (const BlockPtr& block : blocks_) {
      newest_ms = std::max(newest_ms, block->max_time_ms());
      if (block->path().empty() || block->bytes() > BlockWriter::kMaxBytes / kManyBlocks) continue;
      stretches[block->min_time_ms() / stretch_ms].push_back(block);
    }
  }
  for (const auto& [number, blocks] : stretches) {
    const bool over = newest_ms >= (number + 1) * stretch_ms;
    if (blocks.size() < 2 || (!over && blocks.size() < kManyBlocks)) continue;
    const bool has_newest =
        std::ranges::any_of(blocks, [&](const BlockPtr& block) { return block->max_time_ms() == newest_ms; });
    BlockWriter writer(NextBlockPath());
    std::vector<std::span<const BlockEntry>> rests;
    for (const BlockPtr& block : blocks) rests.push_back(block->entries());
    std::vector<Sample> samples;
    ChunkColumns columns;
    for (uint32_t joined = 1;; ++joined) {
      if (joined % kSliceSeries == 0) LetOthersWork();
      uint32_t id = IdTable::kNone;
      for (const auto& rest : rests) {
        if (!rest.empty()) id = std::min(id, rest.front().id);
      }
      if (id == IdTable::kNone) break;
      samples.clear();
      for (size_t i = 0; i < blocks.size(); ++i) {
        for (; !rests[i].empty() && rests[i].front().id == id; rests[i] = rests[i].subspan(1)) {
          const int64_t after_ms = samples.empty() ? kMinTime : samples.back().timestamp_ms + 1;
          if (blocks[i]->Read(rests[i].front(), columns)) AppendRange(columns, after_ms, kMaxTime, samples);
        }
      }
      if (has_newest) {
        AddNewestApart(writer, id, samples);
      } else {
        writer.Add(id, samples);
      }
    }
    if (writer.empty()) continue;
    const BlockPtr merged = writer.Finish();
    PublishBlocks({merged}, blocks);
    for (const BlockPtr& block : blocks) ::unlink(block->path().c_str());
  }
}

/// After a large query: what it has read of the blocks.
void Store::ReleasePages() {
  if (!large_read_.exchange(false)) return;
  std::vector<BlockPtr> blocks;
  {
    const std::shared_lock lock(mutex_);
    blocks = blocks_;
  }
  for (const BlockPtr& block : blocks) block->ReleasePages();
}

void Store::Maintain() {
  Sync();
  const std::lock_guard maintenance_lock(maintenance_mutex_);
  PersistMemoryBlocks();
  if (FlushIsDue()) FlushHeld();
  DropOldBlocks();
  RemoveOldSeries();
  ReleasePages();
  if (options_.path.empty()) return;
  try {
    MergeBlocks();
  } catch (const std::runtime_error& error) {
    if (!disk_refuses_) logger_.Error("cannot join blocks; they stay as they are", {{"err", error.what()}});
    disk_refuses_ = true;
  }
}

void Store::Snapshot(const std::string& directory) {
  const std::lock_guard maintenance_lock(maintenance_mutex_);
  FlushHeld();
  std::filesystem::create_directories(JoinPath(directory, "blocks"));
  std::filesystem::create_directories(JoinPath(directory, "wal"));
  std::vector<BlockPtr> blocks;
  {
    const std::lock_guard log_lock(log_mutex_);
    {
      const std::shared_lock lock(mutex_);
      blocks = blocks_;
    }
    // What was appended since the flush is in the log, which is copied while nobody writes to it.
    for (const std::string& segment : log_->Segments()) {
      std::filesystem::copy_file(segment,
                                 JoinPath(directory, "wal/" + std::filesystem::path(segment).filename().string()));
    }
    std::filesystem::copy_file(series_log_->path(), JoinPath(directory, SeriesLog::kFileName));
  }
  for (const BlockPtr& block : blocks) {
    if (block->path().empty()) throw std::runtime_error("the disk takes no blocks just now; try again later");
    const std::string copy = JoinPath(directory, "blocks/" + std::filesystem::path(block->path()).filename().string());
    std::error_code error;
    std::filesystem::create_hard_link(block->path(), copy, error);
    if (error) std::filesystem::copy_file(block->path(), copy);
  }
  SyncDirectory(JoinPath(directory, "blocks"));
  SyncDirectory(directory);
}

}  // namespace tidemark::storage
