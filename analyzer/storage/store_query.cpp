// How the store reads.

#include <algorithm>
#include <atomic>
#include <bit>
#include <optional>
#include <span>

#include "analyzer/storage/label_order.h"
#include "analyzer/storage/store.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// A selected series: its labels, and a copy of what the head has of it.
struct Found {
  uint32_t id = 0;
  uint32_t pairs_begin = 0;  ///< of its labels' symbols, in an array of all
  Labels labels;
  std::string sealed;
  std::string open;
  std::optional<Sample> newest;  ///< all that is wanted of it; then there is no copy
};

/// By rising labels. `pairs`: the symbols of all, by pairs_begin.
std::vector<Found> SortedByLabels(std::vector<Found> found, std::span<const SymbolPair> pairs) {
  std::vector<SymbolizedLabels> sets;
  sets.reserve(found.size());
  for (const Found& entry : found)
    sets.push_back({&entry.labels, pairs.subspan(entry.pairs_begin, entry.labels.size())});
  std::vector<Found> sorted;
  sorted.reserve(found.size());
  for (const uint32_t place : OrderByLabels(sets)) sorted.push_back(std::move(found[place]));
  return sorted;
}

/// What decoding needs, kept by each reading thread: a chunk is some ten kilobytes of it.
struct DecodeRoom {
  ChunkColumns columns;
  std::vector<Sample> open;
};

/// Reads one series out of blocks and head, in the order of time, within a range. Blocks may overlap the head and each
/// other (store.h): only what is later than what was read counts.
class SeriesReader {
 public:
  SeriesReader(int64_t from_ms, int64_t to_ms, DecodeRoom& room) : from_ms_(from_ms), to_ms_(to_ms), room_(room) {}

  void ReadBlock(const Block& block, uint32_t id, std::vector<Sample>& out) {
    for (const BlockEntry& entry : block.Find(id)) {
      if (entry.max_time_ms < from_ms_ || entry.min_time_ms > to_ms_ || entry.max_time_ms <= read_to_ms_) continue;
      if (block.Read(entry, room_.columns)) Take(out);
    }
  }
  void ReadHead(const Found& found, std::vector<Sample>& out) {
    std::string_view sealed = found.sealed;
    std::string_view chunk;
    while (ReadText(sealed, chunk)) {
      if (DecodeChunk(chunk, room_.columns)) Take(out);
    }
    room_.open.clear();
    OpenChunk::Decode(found.open, room_.open);
    for (const Sample& sample : room_.open) {
      if (sample.timestamp_ms > read_to_ms_ && sample.timestamp_ms >= from_ms_ && sample.timestamp_ms <= to_ms_)
        out.push_back(sample);
    }
  }

 private:
  void Take(std::vector<Sample>& out) {
    const int64_t after_ms = read_to_ms_ == kMinTime ? from_ms_ : std::max(from_ms_, read_to_ms_ + 1);
    AppendRange(room_.columns, after_ms, to_ms_, out);
    read_to_ms_ = std::max(read_to_ms_, room_.columns.timestamps_ms.back());
  }

  const int64_t from_ms_;
  const int64_t to_ms_;
  DecodeRoom& room_;
  int64_t read_to_ms_ = kMinTime;
};

/// Memory of this many samples is worth giving back after a query: a megabyte.
constexpr size_t kLargeRead = (size_t{1} << 20) / sizeof(Sample);

/// What was selected at one moment: a copy of the head's part, and a hold on the blocks.
class StoreSelection final : public Selection {
 public:
  StoreSelection(std::vector<Found> found, std::vector<std::shared_ptr<const Block>> blocks, int64_t from_ms,
                 int64_t to_ms, std::atomic<bool>& large_read)
      : found_(std::move(found)),
        blocks_(std::move(blocks)),
        from_ms_(from_ms),
        to_ms_(to_ms),
        large_read_(large_read) {}
  ~StoreSelection() override {
    if (samples_read_ > kLargeRead) large_read_ = true;
  }
  StoreSelection(const StoreSelection&) = delete;
  StoreSelection& operator=(const StoreSelection&) = delete;

  [[nodiscard]] size_t size() const override { return found_.size(); }
  [[nodiscard]] const Labels& labels(size_t index) const override { return found_[index].labels; }
  void Read(size_t index, std::vector<Sample>& samples) const override {
    if (const std::optional<Sample>& newest = found_[index].newest) {
      samples.assign(1, *newest);
      return;
    }
    thread_local DecodeRoom room;
    samples.clear();
    SeriesReader reader(from_ms_, to_ms_, room);
    for (const std::shared_ptr<const Block>& block : blocks_) reader.ReadBlock(*block, found_[index].id, samples);
    reader.ReadHead(found_[index], samples);
    samples_read_ += samples.size();
  }

 private:
  const std::vector<Found> found_;
  const std::vector<std::shared_ptr<const Block>> blocks_;
  const int64_t from_ms_;
  const int64_t to_ms_;
  std::atomic<bool>& large_read_;
  mutable std::atomic<size_t> samples_read_ = 0;
};

}  // namespace

std::unique_ptr<const Selection> Store::Open(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms) const {
  return OpenFor(Wanted::kEverySample, matchers, from_ms, to_ms);
}

std::unique_ptr<const Selection> Store::OpenNewest(std::span<const Matcher> matchers, int64_t from_ms,
                                                   int64_t to_ms) const {
  return OpenFor(Wanted::kNewestSample, matchers, from_ms, to_ms);
}

/// Whether the series' newest sample is known without reading, and not gone with an old block.
bool Store::HoldsNewest(const HeadSeries& series) const {
  if (!series.open.knows_last_value()) return false;
  const int64_t time_ms = series.open.last_time_ms();
  return series.has_head() || std::ranges::any_of(blocks_, [&](const BlockPtr& block) {
           return block->min_time_ms() <= time_ms && time_ms <= block->max_time_ms();
         });
}

std::unique_ptr<const Selection> Store::OpenFor(Wanted wanted, std::span<const Matcher> matchers, int64_t from_ms,
                                                int64_t to_ms) const {
  std::vector<Found> found;
  std::vector<SymbolPair> pairs;
  std::vector<BlockPtr> blocks;
  {
    const std::shared_lock lock(mutex_);
    for (const uint32_t id : table_.Select(matchers)) {
      const HeadSeries& series = *table_.Find(uint64_t{id});
      if (!series.has_samples || series.open.last_time_ms() < from_ms) continue;
      Found& entry = found.emplace_back();
      entry.id = id;
      entry.pairs_begin = static_cast<uint32_t>(pairs.size());
      const auto symbols = series.label_pairs();
      pairs.insert(pairs.end(), symbols.begin(), symbols.end());
      entry.labels = table_.LabelsOf(series);
      if (wanted == Wanted::kNewestSample && series.open.last_time_ms() <= to_ms && HoldsNewest(series)) {
        entry.newest = {series.open.last_time_ms(), std::bit_cast<double>(series.open.last_bits())};
      } else if (series.has_head() && series.head_min_ms <= to_ms) {
        entry.open = series.open.bytes();
        // What is sealed is older than what is open.
        if (entry.open.empty() || series.open.first_time_ms() > from_ms) entry.sealed = series.sealed.view();
      }
    }
    std::ranges::copy_if(blocks_, std::back_inserter(blocks), [&](const BlockPtr& block) {
      return block->max_time_ms() >= from_ms && block->min_time_ms() <= to_ms;
    });
  }
  return std::make_unique<const StoreSelection>(SortedByLabels(std::move(found), pairs), std::move(blocks), from_ms,
                                                to_ms, large_read_);
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
