#include "analyzer/scrape/series_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <limits>
#include <random>

namespace tidemark::scrape {
namespace {

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

SeriesCache::SeriesCache() : seed_(RandomSeed()) {}

uint64_t SeriesCache::Hash(std::string_view series_text) const {
  return XXH3_64bits_withSeed(series_text.data(), series_text.size(), seed_);
}

bool SeriesCache::IsExpected(std::string_view series_text) { return entries_[next_].hash == Hash(series_text); }

SeriesCache::Entry& SeriesCache::Find(std::string_view series_text) {
  const uint64_t hash = Hash(series_text);
  const uint32_t known = index_.Find(hash, [&](uint32_t at) { return entries_[at].hash == hash; });
  if (known != storage::IdTable::kNone) {
    next_ = known + 1;
    return entries_[known];
  }
  index_.Insert(hash, static_cast<uint32_t>(entries_.size()));
  next_ = entries_.size() + 1;
  Entry& entry = entries_.emplace_back();
  entry.hash = hash;
  if (series_text.size() <= std::numeric_limits<uint16_t>::max())
    entry.text_bytes = static_cast<uint16_t>(series_text.size());
  return entry;
}

void SeriesCache::KeepOnly(uint32_t page) {
  std::erase_if(entries_, [page](const Entry& entry) { return entry.last_page != page; });
  entries_.shrink_to_fit();
  index_ = {};
  for (size_t i = 0; i < entries_.size(); ++i) index_.Insert(entries_[i].hash, static_cast<uint32_t>(i));
}

void SeriesCache::Clear() {
  std::vector<Entry>().swap(entries_);
  index_ = {};
  next_ = 0;
}

}  // namespace tidemark::scrape
