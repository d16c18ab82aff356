#include "analyzer/storage/labels.h"

#include <algorithm>

#include "common/utf8.h"

namespace tidemark::storage {
namespace {

/// FNV-1a over names and values, each ended by a byte that is in no UTF-8 text.
uint64_t HashPairs(std::span<const Labels::Pair> pairs) {
  uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xFF) * 1099511628211ULL;
  };
  for (const auto& [name, value] : pairs) {
    mix(name);
    mix(value);
  }
  return hash;
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Labels::Labels() {
  static const auto kEmpty = std::make_shared<const Data>(std::vector<Pair>());
  data_ = kEmpty;
}

Labels::Labels(std::vector<Pair> pairs) {
  std::ranges::stable_sort(pairs, {}, &Pair::first);
  std::vector<Pair> unique;
  unique.reserve(pairs.size());
  for (Pair& pair : pairs) {
    if (!unique.empty() && unique.back().first == pair.first) unique.pop_back();
    unique.push_back(std::move(pair));
  }
  std::erase_if(unique, [](const Pair& pair) { return pair.second.empty(); });
  *this = FromSorted(std::move(unique));
}

Labels Labels::FromSorted(std::vector<Pair> pairs) {
  Labels labels;
  labels.data_ = std::make_shared<const Data>(std::move(pairs));
  return labels;
}

uint64_t Labels::Hash() const {
  // Many labels are only shown: the hash is made when it is asked for. Two threads may make it, of the same value.
  std::atomic<uint64_t>& kept = data_->hashes[without_first_ ? 1 : 0];
  uint64_t hash = kept.load(std::memory_order_relaxed);
  if (hash == 0) {
    hash = HashPairs(pairs());
    kept.store(hash, std::memory_order_relaxed);
  }
  return hash;
}

std::string_view Labels::Get(std::string_view name) const {
  const std::span<const Pair> all = pairs();
  const auto it =
      std::ranges::lower_bound(all, name, {}, [](const Pair& pair) -> std::string_view { return pair.first; });
  return it != all.end() && it->first == name ? std::string_view(it->second) : std::string_view{};
}

Labels Labels::Without(std::string_view name) const {
  if (name != kMetricName || without_first_ || !data_->begins_with_name) return With(name, {});
  Labels rest = *this;
  rest.without_first_ = true;
  return rest;
}

Labels Labels::With(std::string_view name, std::string_view value) const {
  if (Get(name) == value) return *this;
  std::vector<Pair> pairs(begin(), end());
  const auto it =
      std::ranges::lower_bound(pairs, name, {}, [](const Pair& pair) -> std::string_view { return pair.first; });
  const bool present = it != pairs.end() && it->first == name;
  if (value.empty()) {
    pairs.erase(it);
  } else if (present) {
    it->second = value;
  } else {
    pairs.emplace(it, name, value);
  }
  return FromSorted(std::move(pairs));
}

Labels Labels::Keep(const std::vector<std::string>& names) const {
  std::vector<Pair> pairs;
  std::ranges::copy_if(this->pairs(), std::back_inserter(pairs),
                       [&](const Pair& pair) { return Contains(names, pair.first); });
  return FromSorted(std::move(pairs));
}

Labels Labels::Drop(const std::vector<std::string>& names) const {
  std::vector<Pair> pairs;
  std::ranges::copy_if(this->pairs(), std::back_inserter(pairs),
                       [&](const Pair& pair) { return pair.first != kMetricName && !Contains(names, pair.first); });
  return FromSorted(std::move(pairs));
}

std::string Labels::ToString() const {
  std::string text(Get(kMetricName));
  const bool named = !text.empty();
  if (named && size() == 1) return text;
  text += '{';
  bool first = true;
  for (const auto& [name, value] : *this) {
    if (name == kMetricName) continue;
    if (!first) text += ", ";
    first = false;
    text += name;
    text += '=';
    AppendJsonString(text, value);
  }
  text += '}';
  return text;
}

}  // namespace tidemark::storage
