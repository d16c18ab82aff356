#include "analyzer/storage/memory_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>

namespace tidemark::storage {
namespace {

/// A chunk is closed at this many samples: an hour at a 30 s interval.
constexpr size_t kChunkSamples = 120;
/// Map nodes, vectors and index entries of a series, beyond its label strings and samples.
constexpr size_t kSeriesOverheadBytes = 400;
/// The share of the memory bound that is free again after old samples went, so that it is not hit at every append.
constexpr size_t kFreedShare = 20;

size_t LabelBytes(const Labels& labels) {
  size_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += name.size() + value.size() + sizeof(Labels::Pair);
  return bytes;
}

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

MemoryStore::MemoryStore(StoreOptions options, const Clock& clock, const Logger& logger)
    : options_(std::move(options)), clock_(clock), logger_(logger) {
  if (options_.path.empty()) return;
  lock_file_ = LockDirectory(options_.path);
  const std::string log_directory = JoinPath(options_.path, "wal");
  const int64_t oldest_ms = options_.retention_ms == 0 ? kMinTime : clock_.NowMs() - options_.retention_ms;
  WriteAheadLog::Replay(log_directory, logger_, [&](std::span<Write> writes) {
    std::vector<Write> recent;
    for (Write& write : writes) {
      if (write.sample.timestamp_ms >= oldest_ms) recent.push_back(std::move(write));
    }
    AppendLocked(recent, nullptr);
  });
  log_.emplace(log_directory, logger_);
  log_->DropBefore(oldest_ms);
  logger_.Info("store is open", {{"path", options_.path},
                                 {"series", std::to_string(series_.size())},
                                 {"samples", std::to_string(sample_count_)}});
}

MemoryStore::~MemoryStore() {
  if (log_) log_->Sync();
}

MemoryStore::StoredSeries* MemoryStore::FindOrCreate(Write& write, AppendResult& result) {
  if (const auto it = series_.find(write.ref); it != series_.end()) return &it->second;
  if (const auto it = ref_by_labels_.find(write.labels); it != ref_by_labels_.end()) {
    write.ref = it->second;
    return &series_.at(write.ref);
  }
  const size_t label_bytes = LabelBytes(write.labels) + kSeriesOverheadBytes;
  if (series_bytes_ + label_bytes + kChunkSamples * sizeof(Sample) > options_.max_memory_bytes / 2) {
    write.ref = 0;
    ++result.refused_series;
    ++refused_series_;
    return nullptr;
  }
  write.ref = next_ref_++;
  memory_bytes_ += label_bytes;
  series_bytes_ += label_bytes;
  ref_by_labels_.emplace(write.labels, write.ref);
  index_.Add(write.ref, write.labels);
  return &series_
              .emplace(write.ref,
                       StoredSeries{.labels = write.labels, .chunks = {}, .open = {}, .label_bytes = label_bytes})
              .first->second;
}

void MemoryStore::CloseChunk(StoredSeries& series) {
  auto chunk = std::make_shared<const Chunk>(series.open);
  memory_bytes_ += chunk->bytes();
  series.chunks.push_back(std::move(chunk));
  series.open.clear();
}

AppendResult MemoryStore::Append(std::span<Write> writes) {
  const std::unique_lock lock(mutex_);
  std::vector<Write> accepted;
  accepted.reserve(writes.size());
  const AppendResult result = AppendLocked(writes, &accepted);
  if (log_ && !log_->Log(accepted)) ++failed_log_writes_;
  if (memory_bytes_ > options_.max_memory_bytes) EnforceMemoryBound();
  return result;
}

AppendResult MemoryStore::AppendLocked(std::span<Write> writes, std::vector<Write>* accepted) {
  AppendResult result;
  for (Write& write : writes) {
    StoredSeries* series = FindOrCreate(write, result);
    if (series == nullptr) continue;
    const Sample& sample = write.sample;
    const bool has_newest = !series->open.empty() || !series->chunks.empty();
    const int64_t newest_ms = series->open.empty() ? (has_newest ? series->chunks.back()->max_time_ms() : kMinTime)
                                                   : series->open.back().timestamp_ms;
    if (has_newest && sample.timestamp_ms < newest_ms) {
      ++result.out_of_order;
      continue;
    }
    if (has_newest && sample.timestamp_ms == newest_ms) {
      const bool same = !series->open.empty() &&
                        std::bit_cast<uint64_t>(series->open.back().value) == std::bit_cast<uint64_t>(sample.value);
      same ? ++result.appended : ++result.duplicate;
      continue;
    }
    const size_t capacity_before = series->open.capacity();
    series->open.push_back(sample);
    const size_t grown_bytes = (series->open.capacity() - capacity_before) * sizeof(Sample);
    memory_bytes_ += grown_bytes;
    series_bytes_ += grown_bytes;
    ++sample_count_;
    ++result.appended;
    if (accepted != nullptr) accepted->push_back({.ref = write.ref, .labels = series->labels, .sample = sample});
    if (series->open.size() == kChunkSamples) CloseChunk(*series);
  }
  return result;
}

template <typename F>
void MemoryStore::ForEachMatch(std::span<const Matcher> matchers, F&& visit) const {
  const auto visit_if_match = [&](const StoredSeries& series) {
    const bool matches = std::ranges::all_of(
        matchers, [&](const Matcher& matcher) { return matcher.Matches(series.labels.Get(matcher.name())); });
    if (matches) visit(series);
  };
  const LabelIndex::Candidates candidates = index_.Find(matchers);
  if (candidates.all) {
    for (const auto& [ref, series] : series_) visit_if_match(series);
    return;
  }
  for (const SeriesRef ref : candidates.refs) visit_if_match(series_.at(ref));
}

std::vector<SeriesSamples> MemoryStore::Select(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms,
                                               size_t max_samples) const {
  struct Found {
    Labels labels;
    std::vector<std::shared_ptr<const Chunk>> chunks;
    std::vector<Sample> open;
  };
  std::vector<Found> found;
  {
    // Chunks are immutable: they are decoded after the lock, so that a large query holds up no append.
    const std::shared_lock lock(mutex_);
    size_t samples = 0;
    ForEachMatch(matchers, [&](const StoredSeries& series) {
      Found entry{series.labels, {}, {}};
      for (const auto& chunk : series.chunks) {
        if (chunk->max_time_ms() < from_ms || chunk->min_time_ms() > to_ms) continue;
        entry.chunks.push_back(chunk);
        samples += chunk->sample_count();
      }
      for (const Sample& sample : series.open) {
        if (sample.timestamp_ms >= from_ms && sample.timestamp_ms <= to_ms) entry.open.push_back(sample);
      }
      samples += entry.open.size();
      if (samples > max_samples)
        throw QueryError("query processing would load too many samples into memory in query execution");
      if (!entry.chunks.empty() || !entry.open.empty()) found.push_back(std::move(entry));
    });
  }
  std::vector<SeriesSamples> selected;
  selected.reserve(found.size());
  for (Found& entry : found) {
    SeriesSamples series{std::move(entry.labels), {}};
    if (entry.chunks.empty()) {
      series.samples = std::move(entry.open);
    } else {
      size_t count = entry.open.size();
      for (const auto& chunk : entry.chunks) count += chunk->sample_count();
      series.samples.reserve(count);
      for (const auto& chunk : entry.chunks) chunk->Decode(from_ms, to_ms, series.samples);
      series.samples.insert(series.samples.end(), entry.open.begin(), entry.open.end());
    }
    if (!series.samples.empty()) selected.push_back(std::move(series));
  }
  std::ranges::sort(selected, {}, &SeriesSamples::labels);
  return selected;
}

std::vector<Labels> MemoryStore::Series(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms) const {
  std::vector<Labels> found;
  {
    const std::shared_lock lock(mutex_);
    ForEachMatch(matchers, [&](const StoredSeries& series) {
      const bool in_chunks = std::ranges::any_of(series.chunks, [&](const auto& chunk) {
        return chunk->max_time_ms() >= from_ms && chunk->min_time_ms() <= to_ms;
      });
      const bool in_open = !series.open.empty() && series.open.back().timestamp_ms >= from_ms &&
                           series.open.front().timestamp_ms <= to_ms;
      if (in_chunks || in_open) found.push_back(series.labels);
    });
  }
  std::ranges::sort(found);
  return found;
}

void MemoryStore::DropChunksBefore(int64_t before_ms, bool count_as_dropped) {
  for (auto& [ref, series] : series_) {
    size_t expired = 0;
    while (expired < series.chunks.size() && series.chunks[expired]->max_time_ms() < before_ms) {
      memory_bytes_ -= series.chunks[expired]->bytes();
      sample_count_ -= series.chunks[expired]->sample_count();
      if (count_as_dropped) dropped_samples_ += series.chunks[expired]->sample_count();
      ++expired;
    }
    series.chunks.erase(series.chunks.begin(), series.chunks.begin() + static_cast<ptrdiff_t>(expired));
  }
}

/// Series that got nothing for the whole retention: what is left of them is an open chunk past its time.
void MemoryStore::RemoveEmptySeries(int64_t before_ms) {
  std::erase_if(series_, [&](auto& entry) {
    auto& [ref, series] = entry;
    if (!series.chunks.empty() || (!series.open.empty() && series.open.back().timestamp_ms >= before_ms)) return false;
    const size_t freed_bytes = series.label_bytes + series.open.capacity() * sizeof(Sample);
    memory_bytes_ -= freed_bytes;
    series_bytes_ -= freed_bytes;
    sample_count_ -= series.open.size();
    index_.Remove(ref, series.labels);
    ref_by_labels_.erase(series.labels);
    return true;
  });
}

void MemoryStore::EnforceMemoryBound() {
  const size_t goal_bytes = options_.max_memory_bytes - options_.max_memory_bytes / kFreedShare;
  std::vector<std::pair<int64_t, size_t>> by_age;  // newest sample of a chunk, its bytes
  for (const auto& [ref, series] : series_) {
    for (const auto& chunk : series.chunks) by_age.emplace_back(chunk->max_time_ms(), chunk->bytes());
  }
  if (by_age.empty()) return;
  std::ranges::sort(by_age);
  size_t bytes_after = memory_bytes_;
  int64_t cut_ms = kMinTime;
  for (const auto& [newest_ms, bytes] : by_age) {
    if (bytes_after <= goal_bytes) break;
    bytes_after -= bytes;
    cut_ms = newest_ms + 1;
  }
  const uint64_t dropped_before = dropped_samples_;
  DropChunksBefore(cut_ms, true);
  logger_.Warn("store is at its memory bound: the oldest samples go (raise --storage.max-memory to keep them)",
               {{"samples", std::to_string(dropped_samples_ - dropped_before)}});
}

void MemoryStore::Maintain() {
  UniqueFd segment;
  {
    const std::unique_lock lock(mutex_);
    const int64_t now_ms = clock_.NowMs();
    if (options_.retention_ms > 0) {
      const int64_t before_ms = now_ms - options_.retention_ms;
      DropChunksBefore(before_ms, false);
      RemoveEmptySeries(before_ms);
      if (log_) log_->DropBefore(before_ms);
    }
    if (log_) {
      segment = log_->Duplicate();
      log_->RotateIfDue(now_ms);
    }
  }
  // Without the lock: a slow disk holds up no append.
  if (segment && ::fdatasync(segment.get()) != 0) {
    logger_.Error("cannot sync the log; a power cut may lose its samples", {{"err", ErrnoText(errno)}});
  }
}

StoreStatistics MemoryStore::Statistics() const {
  const std::shared_lock lock(mutex_);
  StoreStatistics statistics{.series = series_.size(),
                             .samples = sample_count_,
                             .memory_bytes = memory_bytes_,
                             .log_bytes = log_ ? log_->TotalBytes() : 0,
                             .refused_series = refused_series_,
                             .dropped_samples = dropped_samples_,
                             .failed_log_writes = failed_log_writes_};
  for (const auto& [ref, series] : series_) {
    if (series.chunks.empty() && series.open.empty()) continue;
    const int64_t oldest_ms =
        series.chunks.empty() ? series.open.front().timestamp_ms : series.chunks.front()->min_time_ms();
    const int64_t newest_ms =
        series.open.empty() ? series.chunks.back()->max_time_ms() : series.open.back().timestamp_ms;
    if (statistics.oldest_ms == 0 || oldest_ms < statistics.oldest_ms) statistics.oldest_ms = oldest_ms;
    statistics.newest_ms = std::max(statistics.newest_ms, newest_ms);
  }
  return statistics;
}

}  // namespace tidemark::storage
