#include "analyzer/storage/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// An open chunk of a steady series is closed after half an hour at a 30 s interval: large enough for the chunk format
/// to pay, small enough that what is open stays small.
constexpr uint32_t kOpenChunkSamples = 64;
/// Remembered selections may take this share of the memory bound, beside it, and no more than so many bytes.
constexpr size_t kSelectionShare = 16;
constexpr size_t kMaxSelectionBytes = size_t{16} << 20;
/// A block that would take longer to write is left to the write-ahead log when the program ends.
constexpr uint64_t kMaxSamplesFlushedAtEnd = 4'000'000;

UniqueFd LockDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw std::runtime_error("cannot create the data directory " + path + ": " + error.message());
  UniqueFd file(::open(JoinPath(path, "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!file) throw std::runtime_error("cannot write to the data directory " + path + ": " + ErrnoText(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error("data directory " + path +
                             " is in use by another analyzer (choose one with --storage.path)");
  }
  return file;
}

}  // namespace

Store::Store(StoreOptions options, const Clock& clock, const Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      last_flush_ms_(clock.NowMs()),
      selections_(std::min(options_.max_memory_bytes / kSelectionShare, kMaxSelectionBytes)) {
  if (options_.path.empty()) return;
  lock_file_ = LockDirectory(options_.path);
  series_log_.emplace(options_.path, logger_, [this](uint32_t id, const Labels& labels) {
    // A series that was forgotten and came again has two ids; what the first one had was past its time.
    if (HeadSeries* const forgotten = table_.Find(labels); forgotten != nullptr) table_.Remove({&forgotten, 1});
    if (table_.Find(uint64_t{id}) == nullptr) table_.CreateWithId(id, labels);
  });
  OpenBlocks();
  log_.emplace(
      JoinPath(options_.path, "wal"), logger_,
      [this](uint32_t id, Sample sample) {
        HeadSeries* const series = table_.Find(uint64_t{id});
        if (series == nullptr) return;
        if (series->has_samples && sample.timestamp_ms <= series->open.last_time_ms()) return;
        AppendToHead(*series, sample);
      },
      counters_.torn_segments);
  RewriteSeriesLog();
  const StoreStatistics statistics = Statistics();
  logger_.Info("store is open", {{"path", options_.path},
                                 {"series", std::to_string(statistics.series)},
                                 {"samples", std::to_string(statistics.samples)},
                                 {"blocks", std::to_string(statistics.blocks)}});
}

Store::~Store() {
  if (options_.path.empty()) return;
  if (head_samples_ <= kMaxSamplesFlushedAtEnd) Flush();
  Sync();
}

void Store::OpenBlocks() {
  const std::string directory = JoinPath(options_.path, "blocks");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw std::runtime_error("cannot create " + directory + ": " + error.message());
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".new") ::unlink(path.c_str());  // what a crash left of a block
    if (path.extension() != ".blk") continue;
    next_block_number_ = std::max<uint64_t>(next_block_number_, std::strtoull(path.stem().c_str(), nullptr, 10) + 1);
    try {
      blocks_.push_back(Block::OpenFile(path));
    } catch (const std::runtime_error& damaged) {
      logger_.Error("a block cannot be read; its samples are missing", {{"err", damaged.what()}});
      ++counters_.damaged_chunks;
    }
  }
  std::ranges::sort(blocks_, {}, [](const BlockPtr& block) { return block->min_time_ms(); });
  for (const BlockPtr& block : blocks_) {
    for (const BlockEntry& entry : block->entries()) {
      table_.SkipIds(entry.id + 1);
      HeadSeries* const series = table_.Find(uint64_t{entry.id});
      if (series == nullptr) continue;
      if (!series->has_samples || entry.max_time_ms > series->open.last_time_ms())
        series->open.SetLastTime(entry.max_time_ms);
      series->has_samples = true;
    }
  }
}

/// Series that nothing refers to any more are forgotten, and the file made small again when they are most of it.
void Store::RewriteSeriesLog() {
  std::vector<HeadSeries*> unused;
  table_.ForEach(0, table_.next_id(), [&](HeadSeries& series) {
    if (!series.has_samples) unused.push_back(&series);
  });
  table_.Remove(unused);
  constexpr size_t kSmallLog = 1000;
  if (series_log_->series() <= table_.size() * 2 + kSmallLog) return;
  const bool ok = series_log_->Rewrite([this](const SeriesLog::OnSeries& write) {
    table_.ForEach(0, table_.next_id(), [&](const HeadSeries& series) { write(series.id, table_.LabelsOf(series)); });
  });
  if (!ok) logger_.Warn("cannot rewrite the series log; it stays as it is", {{"err", ErrnoText(errno)}});
}

SeriesRef Store::RefOf(const Labels& labels) {
  {
    const std::shared_lock lock(mutex_);
    if (const HeadSeries* const series = table_.Find(labels); series != nullptr) return series->id;
  }
  const std::lock_guard log_lock(log_mutex_);
  const std::unique_lock lock(mutex_);
  if (const HeadSeries* const series = table_.Find(labels); series != nullptr) return series->id;
  size_t text_bytes = 0;
  for (const auto& [name, value] : labels) text_bytes += name.size() + value.size();
  const size_t bytes_after = table_.text_bytes() + text_bytes + (table_.size() + 1) * SeriesTable::kSeriesBytes;
  if (table_.size() >= options_.max_series || bytes_after > options_.max_memory_bytes / 2 ||
      table_.next_id() == IdTable::kNone) {
    ++counters_.refused_series;
    return 0;
  }
  const HeadSeries& series = table_.Create(labels);
  if (series_log_) series_log_->Add(series.id, labels);
  return series.id;
}

void Store::Seal(HeadSeries& series) {
  if (series.open.sample_count() == 0) return;
  opened_.clear();
  OpenChunk::Decode(series.open.runs(), opened_);
  chunk_.clear();
  EncodeChunk(opened_, chunk_);
  std::array<char, kMaxVarintBytes> length{};
  series.sealed.append({length.data(), WriteVarint(length.data(), chunk_.size())});
  series.sealed.append(chunk_);
  series.sealed_samples += series.open.sample_count();
  series.open.Clear();
}

void Store::AppendToHead(HeadSeries& series, Sample sample) {
  const size_t bytes_before = series.sample_bytes();
  if (!series.has_head()) series.head_min_ms = sample.timestamp_ms;
  if (series.open.sample_count() == kOpenChunkSamples) Seal(series);
  series.open.Append(sample);
  series.has_samples = true;
  head_bytes_ += series.sample_bytes() - bytes_before;
  ++head_samples_;
}

/// Decides as Prometheus does what becomes of a sample: newer ones are taken, the newest may be repeated.
void Store::AppendSample(HeadSeries* series, Sample sample, AppendResult& result) {
  if (series == nullptr) {
    ++result.unknown_series;
  } else if (sample.timestamp_ms > kTimeBoundMs || sample.timestamp_ms < -kTimeBoundMs) {
    ++result.out_of_bounds;
  } else if (!series->has_samples || sample.timestamp_ms > series->open.last_time_ms()) {
    if (log_) log_->Add(*series, sample);
    AppendToHead(*series, sample);
    ++result.appended;
  } else if (sample.timestamp_ms < series->open.last_time_ms()) {
    ++result.out_of_order;
  } else if (series->open.last_bits() == std::bit_cast<uint64_t>(sample.value)) {
    ++result.appended;
  } else {
    ++result.duplicate;
  }
}

void Store::AppendBatches(std::span<const SeriesWrite> writes, AppendResult& result) {
  const std::unique_lock lock(mutex_);
  // Series lie all over the memory: those of a batch are fetched into the cache side by side, and then their ends.
  constexpr size_t kBatch = 32;
  std::array<HeadSeries*, kBatch> batch{};
  for (; !writes.empty(); writes = writes.subspan(std::min(kBatch, writes.size()))) {
    const auto now = writes.first(std::min(kBatch, writes.size()));
    for (size_t i = 0; i < now.size(); ++i) {
      batch[i] = table_.Find(now[i].ref);
      if (batch[i] != nullptr) SeriesTable::Prefetch(*batch[i]);
    }
    for (size_t i = 0; i < now.size(); ++i) {
      if (batch[i] != nullptr) __builtin_prefetch(batch[i]->open.end(), 1);
    }
    for (size_t i = 0; i < now.size(); ++i) AppendSample(batch[i], now[i].sample, result);
  }
}

void Store::AppendSlice(std::span<const SeriesWrite> writes, AppendResult& result) {
  const std::lock_guard log_lock(log_mutex_);
  const size_t appended_before = result.appended;
  AppendBatches(writes, result);
  if (result.appended == appended_before) return;
  ++append_count_;
  if (!log_) return;
  // A sample in the log is of no use without its series.
  const bool named = series_log_->Flush();
  if (!named) log_->Discard();
  const bool logged = named && log_->Commit();
  if (logged && unlogged_) flush_wanted_ = true;  // the disk takes samples again: also those it has missed
  if (logged) return;
  unlogged_ = true;
  result.durable = false;
  const std::unique_lock lock(mutex_);
  ++counters_.failed_log_writes;
}

AppendResult Store::Append(std::span<const SeriesWrite> writes) {
  AppendResult result;
  while (!writes.empty()) {
    const auto slice = writes.first(std::min(writes.size(), kAtomicWrites));
    AppendSlice(slice, result);
    writes = writes.subspan(slice.size());
  }
  return result;
}

bool Store::Sync() {
  if (options_.path.empty()) return true;
  const std::lock_guard sync_lock(sync_mutex_);
  UniqueFd series_file;
  UniqueFd segment;
  uint64_t count = 0;
  uint64_t series_bytes = 0;
  {
    const std::lock_guard log_lock(log_mutex_);
    if (unlogged_) return false;
    // Whoever waited for the lock finds that another's sync has done its work.
    if (append_count_ == synced_count_) return true;
    count = append_count_;
    series_bytes = series_log_->bytes();
    series_file = series_log_->Duplicate();
    segment = log_->Duplicate();
  }
  // Series come seldom; most syncs are of samples only.
  const bool named = series_bytes == synced_series_bytes_ || (series_file && ::fdatasync(series_file.get()) == 0);
  if (!named || !segment || ::fdatasync(segment.get()) != 0) {
    logger_.Error("cannot sync the log; a loss of power may cost its newest samples", {{"err", ErrnoText(errno)}});
    return false;
  }
  synced_count_ = count;
  synced_series_bytes_ = series_bytes;
  return true;
}

uint64_t Store::LogBytes() const {
  const std::lock_guard log_lock(log_mutex_);
  return log_ ? log_->TotalBytes() + series_log_->bytes() : 0;
}

StoreStatistics Store::Statistics() const {
  const uint64_t log_bytes = LogBytes();
  std::shared_lock lock(mutex_);
  StoreStatistics statistics = counters_;
  statistics.log_bytes = log_bytes;
  statistics.series = table_.size();
  statistics.head_samples = head_samples_;
  statistics.samples = head_samples_;
  statistics.index_bytes = table_.bytes();
  statistics.selection_bytes = selections_.bytes();
  statistics.memory_bytes = statistics.index_bytes + head_bytes_;
  statistics.blocks = blocks_.size();
  bool any = false;
  const auto cover = [&](int64_t min_ms, int64_t max_ms) {
    statistics.oldest_ms = any ? std::min(statistics.oldest_ms, min_ms) : min_ms;
    statistics.newest_ms = any ? std::max(statistics.newest_ms, max_ms) : max_ms;
    any = true;
  };
  for (const BlockPtr& block : blocks_) {
    statistics.samples += block->sample_count();
    statistics.block_bytes += block->bytes();
    statistics.damaged_chunks += block->damaged_chunks();
    if (block->path().empty()) statistics.memory_bytes += block->bytes();
    cover(block->min_time_ms(), block->max_time_ms());
  }
  // All of them under one hold of the lock would keep appends waiting for milliseconds.
  constexpr uint32_t kSliceSeries = 1024;
  for (uint32_t id = 0; id < table_.next_id(); id += kSliceSeries) {
    table_.ForEach(id, std::min(table_.next_id(), id + kSliceSeries), [&](const HeadSeries& series) {
      if (series.has_head()) cover(series.head_min_ms, series.open.last_time_ms());
    });
    lock.unlock();
    lock.lock();
  }
  return statistics;
}

}  // namespace tidemark::storage
