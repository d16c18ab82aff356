// How the store reads.

#include <algorithm>

#include "analyzer/storage/store.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// A selected series: its labels, and a copy of what the head has of it.
struct Found {
  uint32_t id = 0;
  Labels labels;
  std::string sealed;
  std::string open;
};

/// Reads one series out of blocks and head, in the order of time, within a range. Blocks may overlap the head and each
/// other (store.h): only what is later than what was read counts.
class SeriesReader {
 public:
  SeriesReader(int64_t from_ms, int64_t to_ms) : from_ms_(from_ms), to_ms_(to_ms) {}

  void ReadBlock(const Block& block, uint32_t id, std::vector<Sample>& out) {
    for (const BlockEntry& entry : block.Find(id)) {
      if (entry.max_time_ms < from_ms_ || entry.min_time_ms > to_ms_ || entry.max_time_ms <= read_to_ms_) continue;
      if (block.Read(entry, columns_)) Take(out);
    }
  }
  void ReadHead(const Found& found, std::vector<Sample>& out) {
    std::string_view sealed = found.sealed;
    std::string_view chunk;
    while (ReadText(sealed, chunk)) {
      if (DecodeChunk(chunk, columns_)) Take(out);
    }
    open_.clear();
    OpenChunk::Decode(found.open, open_);
    for (const Sample& sample : open_) {
      if (sample.timestamp_ms > read_to_ms_ && sample.timestamp_ms >= from_ms_ && sample.timestamp_ms <= to_ms_)
        out.push_back(sample);
    }
  }

 private:
  void Take(std::vector<Sample>& out) {
    const int64_t after_ms = read_to_ms_ == kMinTime ? from_ms_ : std::max(from_ms_, read_to_ms_ + 1);
    AppendRange(columns_, after_ms, to_ms_, out);
    read_to_ms_ = std::max(read_to_ms_, columns_.timestamps_ms.back());
  }

  const int64_t from_ms_;
  const int64_t to_ms_;
  int64_t read_to_ms_ = kMinTime;
  ChunkColumns columns_;
  std::vector<Sample> open_;
};

/// Memory of this many samples is worth giving back after a query: a megabyte.
constexpr size_t kLargeRead = (size_t{1} << 20) / sizeof(Sample);

[[noreturn]] void FailTooManySamples() {
  throw QueryError("query processing would load too many samples into memory in query execution");
}

}  // namespace

std::vector<SeriesSamples> Store::Select(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms,
                                         size_t max_samples) const {
  std::vector<Found> found;
  std::vector<BlockPtr> blocks;
  {
    const std::shared_lock lock(mutex_);
    for (const uint32_t id : table_.Select(matchers)) {
      const HeadSeries& series = *table_.Find(uint64_t{id});
      if (!series.has_samples || series.open.last_time_ms() < from_ms) continue;
      Found& entry = found.emplace_back();
      entry.id = id;
      entry.labels = table_.LabelsOf(series);
      if (series.has_head() && series.head_min_ms <= to_ms) {
        entry.sealed = series.sealed.view();
        entry.open = series.open.bytes();
      }
    }
    std::ranges::copy_if(blocks_, std::back_inserter(blocks), [&](const BlockPtr& block) {
      return block->max_time_ms() >= from_ms && block->min_time_ms() <= to_ms;
    });
  }
  std::vector<SeriesSamples> selected;
  selected.reserve(found.size());
  size_t samples = 0;
  for (Found& entry : found) {
    SeriesSamples series{std::move(entry.labels), {}};
    SeriesReader reader(from_ms, to_ms);
    for (const BlockPtr& block : blocks) {
      reader.ReadBlock(*block, entry.id, series.samples);
      if (samples + series.samples.size() > max_samples) FailTooManySamples();
    }
    reader.ReadHead(entry, series.samples);
    samples += series.samples.size();
    if (samples > max_samples) FailTooManySamples();
    if (!series.samples.empty()) selected.push_back(std::move(series));
  }
  if (samples > kLargeRead) large_read_ = true;
  std::ranges::sort(selected, {}, &SeriesSamples::labels);
  return selected;
}

std::vector<Labels> Store::Series(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms) const {
  std::vector<Labels> labels;
  {
    const std::shared_lock lock(mutex_);
    for (const uint32_t id : table_.Select(matchers)) {
      const HeadSeries& series = *table_.Find(uint64_t{id});
      if (!series.has_samples || series.open.last_time_ms() < from_ms) continue;
      const bool in_head = series.has_head() && series.head_min_ms <= to_ms;
      const bool in_range = in_head || std::ranges::any_of(blocks_, [&](const BlockPtr& block) {
                              if (block->max_time_ms() < from_ms || block->min_time_ms() > to_ms) return false;
                              return std::ranges::any_of(block->Find(id), [&](const BlockEntry& chunk) {
                                return chunk.max_time_ms >= from_ms && chunk.min_time_ms <= to_ms;
                              });
                            });
      if (in_range) labels.push_back(table_.LabelsOf(series));
    }
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace tidemark::storage
