#include "analyzer/storage/selection_cache.h"

#include <algorithm>
#include <utility>

namespace tidemark::storage {
namespace {

/// Looking through so many takes no time that counts.
constexpr size_t kMaxEntries = 100;

}  // namespace

std::string SelectionCache::KeyOf(std::span<const Matcher> matchers) {
  std::string key;
  for (const Matcher& matcher : matchers) key += matcher.ToString() + ',';
  return key;
}

std::shared_ptr<const SeriesList> SelectionCache::Find(const std::string& key, uint64_t version) {
  const std::lock_guard lock(mutex_);
  const auto entry = FindEntry(key);
  if (entry == entries_.end()) return nullptr;
  if (entry->version != version) {
    Remove(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->list;
}

void SelectionCache::Put(std::string key, uint64_t version, std::shared_ptr<const SeriesList> list) {
  if (list->ids.size() > max_series_) return;
  const std::lock_guard lock(mutex_);
  if (const auto entry = FindEntry(key); entry != entries_.end()) Remove(entry);
  while (!entries_.empty() && (entries_.size() == kMaxEntries || series_ + list->ids.size() > max_series_))
    Remove(std::prev(entries_.end()));
  series_ += list->ids.size();
  entries_.push_front({std::move(key), version, std::move(list)});
}

std::list<SelectionCache::Entry>::iterator SelectionCache::FindEntry(const std::string& key) {
  return std::ranges::find(entries_, key, &Entry::key);
}

void SelectionCache::Remove(std::list<Entry>::iterator entry) {
  series_ -= entry->list->ids.size();
  entries_.erase(entry);
}

}  // namespace tidemark::storage
