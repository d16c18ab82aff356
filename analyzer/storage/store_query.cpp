// How the store reads.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <memory_resource>
#include <optional>
#include <span>
#include <utility>

#include "analyzer/storage/chunk.h"
#include "analyzer/storage/label_order.h"
#include "analyzer/storage/store.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

/// A selected series: a copy of what the head has of it.
struct Found {
  uint32_t place = 0;  ///< in the list of the selection
  std::string_view sealed;
  OpenChunk::Runs open;
  std::optional<Sample> newest;  ///< all that is wanted of it; then there is no copy
};

/// Label sets as they are found, with their symbols.
struct Unsorted {
  std::vector<uint32_t> ids;
  std::vector<Labels> labels;
  std::vector<SymbolPair> symbols;  ///< of all, one set after the other

  void Add(const HeadSeries& series, Labels series_labels) {
    ids.push_back(series.id);
    labels.push_back(std::move(series_labels));
    const auto pairs = series.label_pairs();
    symbols.insert(symbols.end(), pairs.begin(), pairs.end());
  }

  /// By rising labels, as are then `found`, which are of the same series.
  std::shared_ptr<const SeriesList> Sort(std::vector<Found>& found) && {
    std::vector<SymbolizedLabels> sets;
    sets.reserve(ids.size());
    auto next = std::span<const SymbolPair>(symbols);
    for (const Labels& set : labels) {
      sets.push_back({&set, next.first(set.size())});
      next = next.subspan(set.size());
    }
    auto list = std::make_shared<SeriesList>();
    list->ids.reserve(ids.size());
    list->labels.reserve(ids.size());
    std::vector<Found> sorted;
    sorted.reserve(ids.size());
    for (const uint32_t place : OrderByLabels(sets)) {
      found[place].place = static_cast<uint32_t>(list->ids.size());
      sorted.push_back(found[place]);
      list->ids.push_back(ids[place]);
      list->labels.push_back(std::move(labels[place]));
    }
    found = std::move(sorted);
    return list;
  }
};

/// The end of a series' sealed chunks: those that may have a sample at `from_ms` or later.
std::string_view SealedFrom(std::string_view sealed, int64_t from_ms) {
  std::string_view wanted = sealed;
  for (std::string_view chunk, begin = sealed; ReadText(sealed, chunk); begin = sealed) {
    const std::optional<int64_t> first_ms = ChunkFirstTime(chunk);
    if (first_ms && *first_ms > from_ms) break;  // and so have all that follow
    if (first_ms) wanted = begin;
  }
  return wanted;
}

/// Reads one series out of blocks and head, in the order of time, within a range. Blocks may overlap the head and each
/// other (store.h): only what is later than what was read counts.
class SeriesReader {
 public:
  /// `columns`: room for decoding, which a caller keeps: a chunk needs some ten kilobytes of it.
  SeriesReader(int64_t from_ms, int64_t to_ms, ChunkColumns& columns)
      : from_ms_(from_ms), to_ms_(to_ms), columns_(columns) {}

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
    OpenChunk::Decode(found.open, NextMs(), to_ms_, out);
  }

 private:
  [[nodiscard]] int64_t NextMs() const {
    return read_to_ms_ == kMinTime ? from_ms_ : std::max(from_ms_, read_to_ms_ + 1);
  }
  void Take(std::vector<Sample>& out) {
    AppendRange(columns_, NextMs(), to_ms_, out);
    read_to_ms_ = std::max(read_to_ms_, columns_.timestamps_ms.back());
  }

  const int64_t from_ms_;
  const int64_t to_ms_;
  ChunkColumns& columns_;
  int64_t read_to_ms_ = kMinTime;
};

/// Memory of this many samples is worth giving back after a query: a megabyte.
constexpr size_t kLargeRead = (size_t{1} << 20) / sizeof(Sample);

/// What was selected at one moment: a copy of the head's part, and a hold on the blocks.
class StoreSelection final : public Selection {
 public:
  StoreSelection(int64_t from_ms, int64_t to_ms, std::atomic<bool>& large_read)
      : from_ms_(from_ms), to_ms_(to_ms), large_read_(large_read) {}
  ~StoreSelection() override {
    if (samples_read_ > kLargeRead) large_read_ = true;
  }
  StoreSelection(const StoreSelection&) = delete;
  StoreSelection& operator=(const StoreSelection&) = delete;

  /// A copy that lives as long as this.
  std::string_view Keep(std::string_view bytes) {
    if (bytes.empty()) return {};
    auto* const copy = static_cast<char*>(bytes_.allocate(bytes.size(), 1));
    std::memcpy(copy, bytes.data(), bytes.size());
    return {copy, bytes.size()};
  }
  /// To be called once. `found`: by rising place in `list`.
  void Hold(std::shared_ptr<const SeriesList> list, std::vector<Found> found,
            std::vector<std::shared_ptr<const Block>> blocks) {
    list_ = std::move(list);
    found_ = std::move(found);
    blocks_ = std::move(blocks);
  }

  [[nodiscard]] size_t size() const override { return found_.size(); }
  [[nodiscard]] const Labels& labels(size_t index) const override { return list_->labels[found_[index].place]; }
  void Read(size_t index, std::vector<Sample>& samples) const override {
    const Found& found = found_[index];
    if (found.newest) {
      samples.assign(1, *found.newest);
      return;
    }
    thread_local ChunkColumns columns;
    samples.clear();
    SeriesReader reader(from_ms_, to_ms_, columns);
    for (const std::shared_ptr<const Block>& block : blocks_)
      reader.ReadBlock(*block, list_->ids[found.place], samples);
    reader.ReadHead(found, samples);
    samples_read_ += samples.size();
  }

 private:
  std::shared_ptr<const SeriesList> list_;
  std::vector<Found> found_;
  std::pmr::monotonic_buffer_resource bytes_;  // of found_
  std::vector<std::shared_ptr<const Block>> blocks_;
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
  auto selection = std::make_unique<StoreSelection>(from_ms, to_ms, large_read_);
  std::vector<Found> found;
  const auto is_in_range = [&](const HeadSeries* series) {
    return series != nullptr && series->has_samples && series->open.last_time_ms() >= from_ms;
  };
  const auto add = [&](const HeadSeries& series, size_t place) {
    Found& entry = found.emplace_back();
    entry.place = static_cast<uint32_t>(place);
    if (wanted == Wanted::kNewestSample && series.open.last_time_ms() <= to_ms && HoldsNewest(series)) {
      entry.newest = {series.open.last_time_ms(), std::bit_cast<double>(series.open.last_bits())};
    } else if (series.has_head() && series.head_min_ms <= to_ms) {
      entry.open = series.open.RunsFrom(from_ms);
      entry.open.bytes = selection->Keep(entry.open.bytes);
      // What is sealed is older than what is open.
      if (entry.open.bytes.empty() || series.open.first_time_ms() > from_ms)
        entry.sealed = selection->Keep(SealedFrom(series.sealed.view(), from_ms));
    }
  };
  std::string key = SelectionCache::KeyOf(matchers);
  std::shared_ptr<const SeriesList> list;
  Unsorted unsorted;
  uint64_t version = 0;
  bool has_all = false;
  std::vector<BlockPtr> blocks;
  {
    const std::shared_lock lock(mutex_);
    version = table_.version();
    list = selections_.Find(key, version);
    if (list) {
      found.reserve(list->ids.size());
      table_.ForEachOf(list->ids, [&](const HeadSeries* series, size_t place) {
        if (is_in_range(series)) add(*series, place);
      });
    } else {
      const std::vector<uint32_t> ids = table_.Select(matchers);
      table_.ForEachOf(ids, [&](const HeadSeries* series, size_t) {
        if (!is_in_range(series)) return;
        add(*series, unsorted.ids.size());
        unsorted.Add(*series, table_.LabelsOf(*series));
      });
      has_all = unsorted.ids.size() == ids.size();
    }
    std::ranges::copy_if(blocks_, std::back_inserter(blocks), [&](const BlockPtr& block) {
      return block->max_time_ms() >= from_ms && block->min_time_ms() <= to_ms;
    });
  }
  if (!list) {
    list = std::move(unsorted).Sort(found);
    if (has_all) selections_.Put(std::move(key), version, list);
  }
  selection->Hold(std::move(list), std::move(found), std::move(blocks));
  return selection;
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
