#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "analyzer/storage/byte_buffer.h"
#include "analyzer/storage/label_index.h"
#include "analyzer/storage/labels.h"
#include "analyzer/storage/open_chunk.h"
#include "analyzer/storage/symbol_table.h"

namespace tidemark::storage {

/// A series and those of its samples that are in no block yet. They lie in `sealed` as chunks (varint length, chunk),
/// oldest first, and after them in `open`. The first `flushing_bytes` of `sealed` are on their way into a block.
struct HeadSeries {
  uint32_t id = 0;
  uint32_t label_count = 0;
  std::unique_ptr<SymbolPair[]> labels;
  OpenChunk open;
  ByteBuffer sealed;
  uint32_t flushing_bytes = 0;
  uint32_t sealed_samples = 0;
  uint32_t log_segment = 0;  ///< of the last sample in the write-ahead log
  bool has_samples = false;  ///< ever: open.last_time_ms() counts
  int64_t head_min_ms = 0;   ///< no sample here is older

  [[nodiscard]] std::span<const SymbolPair> label_pairs() const { return {labels.get(), label_count}; }
  [[nodiscard]] bool has_head() const { return open.sample_count() > 0 || !sealed.empty(); }
  [[nodiscard]] size_t sample_bytes() const { return open.allocated_bytes() + sealed.allocated_bytes(); }
};

/// Every series there is, by id, by labels, and by matchers. Ids rise and are never used again. Not thread-safe for
/// writing.
class SeriesTable {
 public:
  SeriesTable() : index_(symbols_) {}
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  [[nodiscard]] HeadSeries* Find(uint64_t id) const {
    HeadSeries* const place = PlaceOf(id);
    return place == nullptr || place->id == 0 ? nullptr : place;
  }
  [[nodiscard]] HeadSeries* Find(const Labels& labels) const;
  /// Adds a series that is not there, with the next id.
  HeadSeries& Create(const Labels& labels) { return CreateWithId(next_id_, labels); }
  /// The same with an id from disk, at least next_id().
  HeadSeries& CreateWithId(uint32_t id, const Labels& labels);
  /// Removes series, whose ids rise.
  void Remove(std::span<HeadSeries* const> gone);
  /// Another number whenever a series has come or gone.
  [[nodiscard]] uint64_t version() const { return version_; }
  /// Brings a series into the cache, for who will write to it soon.
  static void Prefetch(const HeadSeries& series) {
    constexpr size_t kCacheLine = 64;
    for (size_t at = 0; at < sizeof(HeadSeries); at += kCacheLine)
      __builtin_prefetch(reinterpret_cast<const char*>(&series) + at, 1);
  }

  [[nodiscard]] Labels LabelsOf(const HeadSeries& series) const;
  /// Ids of the series for which every matcher is true, sorted.
  [[nodiscard]] std::vector<uint32_t> Select(std::span<const Matcher> matchers) const;

  /// Calls visit(HeadSeries&) for each series with an id in [begin, end), by id.
  template <typename F>
  void ForEach(uint32_t begin, uint32_t end, F&& visit) const {
    for (uint32_t number = begin / kPageSeries; number < pages_.size(); ++number) {
      Page* const page = pages_[number].get();
      if (page == nullptr) continue;
      const uint32_t first_id = number * kPageSeries;
      for (uint32_t i = begin > first_id ? begin - first_id : 0; i < kPageSeries; ++i) {
        if (first_id + i >= end) return;
        if (page->series[i].id != 0) visit(page->series[i]);
      }
    }
  }

  /// Calls visit(const HeadSeries*, place) for each of `ids`, null for a series that is gone. Those that follow are
  /// brought into the cache meanwhile, and their open chunks: they lie anywhere.
  template <typename F>
  void ForEachOf(std::span<const uint32_t> ids, F&& visit) const {
    constexpr size_t kSeriesAhead = 8;
    constexpr size_t kChunksAhead = 4;
    constexpr size_t kCacheLine = 64;
    for (size_t place = 0; place < ids.size(); ++place) {
      if (place + kSeriesAhead < ids.size()) {
        const auto* const series = reinterpret_cast<const char*>(PlaceOf(ids[place + kSeriesAhead]));
        for (size_t at = 0; at < sizeof(HeadSeries); at += kCacheLine) __builtin_prefetch(series + at);
      }
      if (place + kChunksAhead < ids.size()) {
        if (const HeadSeries* const series = Find(uint64_t{ids[place + kChunksAhead]})) {
          const std::string_view bytes = series->open.runs().bytes;
          for (size_t at = 0; at < bytes.size(); at += kCacheLine) __builtin_prefetch(bytes.data() + at);
        }
      }
      visit(Find(uint64_t{ids[place]}), place);
    }
  }

  [[nodiscard]] size_t size() const { return size_; }
  /// Bytes of all series' label texts, each counted for every series that has it.
  [[nodiscard]] size_t text_bytes() const { return text_bytes_; }
  [[nodiscard]] uint32_t next_id() const { return next_id_; }
  /// The next series gets at least this id.
  void SkipIds(uint32_t next_id) { next_id_ = std::max(next_id_, next_id); }
  /// Memory of series, labels and index, without samples. Counts through the index: not for every append.
  [[nodiscard]] size_t bytes() const;
  /// Memory of one series beyond its label texts, about: what a bound counts with between calls of bytes().
  static constexpr size_t kSeriesBytes = 320;

 private:
  /// Where the series with this id is when there is one; null when there cannot be.
  [[nodiscard]] HeadSeries* PlaceOf(uint64_t id) const {
    const uint64_t page = id / kPageSeries;
    return page < pages_.size() && pages_[page] ? &pages_[page]->series[id % kPageSeries] : nullptr;
  }

  /// Series that come together mostly get their samples together: side by side, they share pages of memory. Few enough
  /// that one which outlives its neighbours does not hold much.
  static constexpr uint32_t kPageSeries = 64;
  struct Page {
    std::array<HeadSeries, kPageSeries> series;  // id 0: none
    uint32_t used = 0;
  };

  [[nodiscard]] bool Matches(const HeadSeries& series, std::span<const Matcher* const> matchers,
                             std::vector<std::vector<int8_t>>& known) const;

  SymbolTable symbols_;
  LabelIndex index_;
  std::vector<std::unique_ptr<Page>> pages_;
  IdTable by_labels_;
  size_t size_ = 0;
  size_t label_pairs_ = 0;
  size_t text_bytes_ = 0;
  uint32_t next_id_ = 1;
  uint64_t version_ = 0;
};

}  // namespace tidemark::storage
