#include "analyzer/scrape/series_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <random>

namespace tidemark::scrape {
namespace {

constexpr size_t kFewestSlots = 16;

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

SeriesCache::SeriesCache() : seed_(RandomSeed()) {}

SeriesCache::Entry& SeriesCache::Find(std::string_view series_text) {
  if ((used_ + 1) * 4 > slots_.size() * 3) Rebuild(std::max(kFewestSlots, slots_.size() * 2), 0);
  const uint64_t hash = XXH3_64bits_withSeed(series_text.data(), series_text.size(), seed_);
  size_t at = hash & (slots_.size() - 1);
  for (; slots_[at].last_page != 0; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].hash == hash) return slots_[at];
  }
  ++used_;
  slots_[at].hash = hash;
  return slots_[at];
}

void SeriesCache::KeepOnly(uint32_t page) {
  size_t kept = 0;
  for (const Entry& entry : slots_) kept += entry.last_page == page ? 1 : 0;
  Rebuild(std::max(kFewestSlots, std::bit_ceil(kept * 4 / 3 + 1)), page);
}

/// `only_page` 0 keeps all.
void SeriesCache::Rebuild(size_t slot_count, uint32_t only_page) {
  std::vector<Entry> old(slot_count);
  old.swap(slots_);
  used_ = 0;
  for (const Entry& entry : old) {
    if (entry.last_page == 0 || (only_page != 0 && entry.last_page != only_page)) continue;
    size_t at = entry.hash & (slots_.size() - 1);
    while (slots_[at].last_page != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
    ++used_;
  }
}

void SeriesCache::Clear() {
  slots_.clear();
  slots_.shrink_to_fit();
  used_ = 0;
}

}  // namespace tidemark::scrape
