#include "analyzer/storage/selection_cache.h"

#include <algorithm>
#include <utility>

namespace tidemark::storage {
namespace {

/// Looking through so many takes no time that counts.
constexpr size_t kMaxEntries = 100;

/// What text takes beside the room that a string has in itself.
size_t TextBytes(const std::string& text) {
  static const size_t kOwnRoom = std::string().capacity();
  return text.capacity() > kOwnRoom ? text.capacity() : 0;
}

size_t BytesOf(const SeriesList& list) {
  // Of a label set: what its copies share, with two counts of them, and a hash each of two kinds.
  constexpr size_t kSharedBytes = 80;
  size_t bytes = list.ids.size() * (sizeof(uint32_t) + sizeof(Labels) + kSharedBytes);
  for (const Labels& labels : list.labels) {
    for (const auto& [name, value] : labels) bytes += sizeof(Labels::Pair) + TextBytes(name) + TextBytes(value);
  }
  return bytes;
}

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
  const size_t bytes = sizeof(Entry) + TextBytes(key) + BytesOf(*list);
  if (bytes > max_bytes_) return;
  const std::lock_guard lock(mutex_);
  if (const auto entry = FindEntry(key); entry != entries_.end()) Remove(entry);
  while (!entries_.empty() && (entries_.size() == kMaxEntries || bytes_ + bytes > max_bytes_))
    Remove(std::prev(entries_.end()));
  bytes_ += bytes;
  entries_.push_front({std::move(key), version, std::move(list), bytes});
}

size_t SelectionCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::list<SelectionCache::Entry>::iterator SelectionCache::FindEntry(const std::string& key) {
  return std::ranges::find(entries_, key, &Entry::key);
}

void SelectionCache::Remove(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

}  // namespace tidemark::storage
