#include "analyzer/storage/series_table.h"

#include <algorithm>

namespace tidemark::storage {

HeadSeries* SeriesTable::Find(const Labels& labels) const {
  const uint32_t id = by_labels_.Find(labels.Hash(), [&](uint32_t known) {
    const auto pairs = Find(uint64_t{known})->label_pairs();
    return std::ranges::equal(pairs, labels, [&](SymbolPair pair, const Labels::Pair& label) {
      return symbols_.Text(pair.name) == label.first && symbols_.Text(pair.value) == label.second;
    });
  });
  return id == IdTable::kNone ? nullptr : Find(uint64_t{id});
}

HeadSeries& SeriesTable::CreateWithId(uint32_t id, const Labels& labels) {
  if (pages_.size() <= id / kPageSeries) pages_.resize(id / kPageSeries + 1);
  auto& page = pages_[id / kPageSeries];
  if (!page) page = std::make_unique<Page>();
  HeadSeries& series = page->series[id % kPageSeries];
  series.id = id;
  series.label_count = static_cast<uint32_t>(labels.size());
  series.labels = std::make_unique<SymbolPair[]>(labels.size());
  size_t i = 0;
  for (const auto& [name, value] : labels) {
    series.labels[i++] = {symbols_.Intern(name), symbols_.Intern(value)};
    text_bytes_ += name.size() + value.size();
  }
  index_.Add({id, series.label_pairs()});
  by_labels_.Insert(labels.Hash(), id);
  ++page->used;
  ++size_;
  ++version_;
  label_pairs_ += labels.size();
  next_id_ = std::max(next_id_, id + 1);
  return series;
}

void SeriesTable::Remove(std::span<HeadSeries* const> gone) {
  std::vector<LabelIndex::Entry> entries;
  entries.reserve(gone.size());
  ++version_;
  for (const HeadSeries* const series : gone) entries.push_back({series->id, series->label_pairs()});
  index_.Remove(entries);
  for (HeadSeries* const series : gone) {
    const uint32_t id = series->id;
    by_labels_.Erase(LabelsOf(*series).Hash(), id);
    for (const SymbolPair pair : series->label_pairs()) {
      text_bytes_ -= symbols_.Text(pair.name).size() + symbols_.Text(pair.value).size();
      symbols_.Release(pair.name);
      symbols_.Release(pair.value);
    }
    --size_;
    label_pairs_ -= series->label_count;
    auto& page = pages_[id / kPageSeries];
    *series = {};
    if (--page->used == 0) page.reset();
  }
}

Labels SeriesTable::LabelsOf(const HeadSeries& series) const {
  std::vector<Labels::Pair> pairs;
  pairs.reserve(series.label_count);
  for (const SymbolPair pair : series.label_pairs())
    pairs.emplace_back(symbols_.Text(pair.name), symbols_.Text(pair.value));
  return Labels::FromSorted(std::move(pairs));
}

bool SeriesTable::Matches(const HeadSeries& series, std::span<const Matcher* const> matchers,
                          std::vector<std::vector<int8_t>>& known) const {
  for (size_t i = 0; i < matchers.size(); ++i) {
    const Matcher& matcher = *matchers[i];
    const auto pairs = series.label_pairs();
    const auto pair =
        std::ranges::find_if(pairs, [&](SymbolPair p) { return symbols_.Text(p.name) == matcher.name(); });
    if (pair == pairs.end()) {
      if (!matcher.MatchesEmpty()) return false;
      continue;
    }
    // A value is asked about once, however many series have it.
    std::vector<int8_t>& verdicts = known[i];
    if (verdicts.size() <= pair->value) verdicts.resize(pair->value + 1, -1);
    if (verdicts[pair->value] < 0) verdicts[pair->value] = matcher.Matches(symbols_.Text(pair->value)) ? 1 : 0;
    if (verdicts[pair->value] == 0) return false;
  }
  return true;
}

std::vector<uint32_t> SeriesTable::Select(std::span<const Matcher> matchers) const {
  LabelIndex::Candidates candidates = index_.Find(matchers);
  std::vector<std::vector<int8_t>> known(candidates.unchecked.size());
  if (candidates.all) {
    ForEach(0, next_id_, [&](const HeadSeries& series) {
      if (Matches(series, candidates.unchecked, known)) candidates.ids.push_back(series.id);
    });
  } else if (!candidates.unchecked.empty()) {
    std::erase_if(candidates.ids,
                  [&](uint32_t id) { return !Matches(*Find(uint64_t{id}), candidates.unchecked, known); });
  }
  return std::move(candidates.ids);
}

size_t SeriesTable::bytes() const {
  constexpr size_t kAllocationBytes = 16;
  return symbols_.bytes() + index_.bytes() + by_labels_.allocated_bytes() + label_pairs_ * sizeof(SymbolPair) +
         size_ * (sizeof(HeadSeries) + kAllocationBytes);
}

}  // namespace tidemark::storage
