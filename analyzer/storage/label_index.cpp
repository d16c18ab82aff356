#include "analyzer/storage/label_index.h"

#include <algorithm>

namespace tidemark::storage {
namespace {

/// A 64-bit mix of both symbols (the finaliser of SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
uint64_t HashPair(SymbolPair pair) {
  uint64_t x = (static_cast<uint64_t>(pair.name) << 32 | pair.value) + 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

uint32_t LabelIndex::FindPosting(SymbolPair pair) const {
  return by_pair_.Find(HashPair(pair), [&](uint32_t at) {
    return postings_[at].pair.name == pair.name && postings_[at].pair.value == pair.value;
  });
}

void LabelIndex::Add(const Entry& entry) {
  for (const SymbolPair pair : entry.labels) {
    uint32_t at = FindPosting(pair);
    if (at == IdTable::kNone) {
      if (free_.empty()) {
        at = static_cast<uint32_t>(postings_.size());
        postings_.emplace_back();
      } else {
        at = free_.back();
        free_.pop_back();
      }
      std::vector<uint32_t>& of_name = by_name_[pair.name];
      postings_[at].pair = pair;
      postings_[at].position = static_cast<uint32_t>(of_name.size());
      of_name.push_back(at);
      by_pair_.Insert(HashPair(pair), at);
    }
    postings_[at].list.Add(entry.id);
  }
}

void LabelIndex::Remove(std::span<const Entry> entries) {
  std::vector<std::pair<uint32_t, uint32_t>> gone;  // posting, id
  for (const Entry& entry : entries) {
    for (const SymbolPair pair : entry.labels) {
      if (const uint32_t at = FindPosting(pair); at != IdTable::kNone) gone.emplace_back(at, entry.id);
    }
  }
  std::ranges::sort(gone);
  std::vector<uint32_t> ids;
  for (auto next = gone.begin(); next != gone.end();) {
    const uint32_t at = next->first;
    ids.clear();
    for (; next != gone.end() && next->first == at; ++next) ids.push_back(next->second);
    postings_[at].list.Remove(ids);
    if (postings_[at].list.empty()) RemovePosting(at);
  }
}

void LabelIndex::RemovePosting(uint32_t at) {
  const Posting& posting = postings_[at];
  by_pair_.Erase(HashPair(posting.pair), at);
  const auto of_name = by_name_.find(posting.pair.name);
  const uint32_t last = of_name->second.back();
  of_name->second[posting.position] = last;
  postings_[last].position = posting.position;
  of_name->second.pop_back();
  if (of_name->second.empty()) by_name_.erase(of_name);
  free_.push_back(at);
}

std::vector<uint32_t> LabelIndex::Union(const Matcher& matcher) const {
  std::vector<uint32_t> ids;
  const auto add = [&](uint32_t at) {
    const auto list = postings_[at].list.ids();
    ids.insert(ids.end(), list.begin(), list.end());
  };
  const uint32_t name = symbols_.Find(matcher.name());
  const auto of_name = by_name_.find(name);
  if (of_name == by_name_.end()) return ids;
  if (!matcher.literals().empty()) {
    // a|b|c: looked up, not searched for.
    for (const std::string& literal : matcher.literals()) {
      const uint32_t value = symbols_.Find(literal);
      const uint32_t at = value == SymbolTable::kNone ? IdTable::kNone : FindPosting({name, value});
      if (at != IdTable::kNone) add(at);
    }
  } else {
    for (const uint32_t at : of_name->second) {
      if (matcher.Matches(symbols_.Text(postings_[at].pair.value))) add(at);
    }
  }
  std::ranges::sort(ids);
  // The same literal may stand twice in a pattern.
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

LabelIndex::Candidates LabelIndex::Find(std::span<const Matcher> matchers) const {
  Candidates found;
  std::vector<std::span<const uint32_t>> lists;
  for (const Matcher& matcher : matchers) {
    if (matcher.type() != Matcher::Type::kEqual || matcher.value().empty()) {
      found.unchecked.push_back(&matcher);
      continue;
    }
    const uint32_t name = symbols_.Find(matcher.name());
    const uint32_t value = symbols_.Find(matcher.value());
    const uint32_t at =
        name == SymbolTable::kNone || value == SymbolTable::kNone ? IdTable::kNone : FindPosting({name, value});
    if (at == IdTable::kNone) return {};
    lists.push_back(postings_[at].list.ids());
  }
  if (!lists.empty()) {
    std::ranges::sort(lists, {}, [](const auto& list) { return list.size(); });
    found.ids.assign(lists.front().begin(), lists.front().end());
    for (size_t i = 1; i < lists.size() && !found.ids.empty(); ++i) found.ids = Intersect(found.ids, lists[i]);
    return found;
  }
  // No equality: the first matcher that demands a label makes the list.
  const auto demanding = std::ranges::find_if(found.unchecked, [](const Matcher* m) { return !m->MatchesEmpty(); });
  if (demanding == found.unchecked.end()) {
    found.all = true;
    return found;
  }
  found.ids = Union(**demanding);
  found.unchecked.erase(demanding);
  return found;
}

size_t LabelIndex::bytes() const {
  constexpr size_t kNameNodeBytes = 64;
  size_t total = by_pair_.allocated_bytes() + postings_.size() * sizeof(Posting) + free_.capacity() * sizeof(uint32_t);
  for (const Posting& posting : postings_) total += posting.list.allocated_bytes();
  for (const auto& [name, of_name] : by_name_) total += kNameNodeBytes + of_name.capacity() * sizeof(uint32_t);
  return total;
}

}  // namespace tidemark::storage
