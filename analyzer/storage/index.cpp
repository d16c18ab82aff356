#include "analyzer/storage/index.h"

#include <algorithm>
#include <optional>

namespace tidemark::storage {

void LabelIndex::Add(SeriesRef ref, const Labels& labels) {
  for (const auto& [name, value] : labels) by_name_[name][value].push_back(ref);
}

void LabelIndex::Remove(SeriesRef ref, const Labels& labels) {
  for (const auto& [name, value] : labels) {
    const auto values = by_name_.find(name);
    if (values == by_name_.end()) continue;
    const auto postings = values->second.find(value);
    if (postings == values->second.end()) continue;
    const auto at = std::ranges::lower_bound(postings->second, ref);
    if (at != postings->second.end() && *at == ref) postings->second.erase(at);
    if (postings->second.empty()) values->second.erase(postings);
    if (values->second.empty()) by_name_.erase(values);
  }
}

LabelIndex::Candidates LabelIndex::Find(std::span<const Matcher> matchers) const {
  // The demanding matcher that leaves fewest candidates serves; intersecting more lists saves nothing, since every
  // candidate is checked anyway.
  std::optional<Postings> best;
  for (const Matcher& matcher : matchers) {
    if (matcher.MatchesEmpty()) continue;
    const auto values = by_name_.find(matcher.name());
    if (values == by_name_.end()) return {};
    Postings found;
    if (matcher.type() == Matcher::Type::kEqual) {
      const auto postings = values->second.find(matcher.value());
      if (postings == values->second.end()) return {};
      if (best && best->size() <= postings->second.size()) continue;
      found = postings->second;
    } else {
      for (const auto& [value, postings] : values->second) {
        if (matcher.Matches(value)) found.insert(found.end(), postings.begin(), postings.end());
      }
      std::ranges::sort(found);
    }
    if (!best || found.size() < best->size()) best = std::move(found);
  }
  if (!best) return {.all = true, .refs = {}};
  return {.all = false, .refs = std::move(*best)};
}

}  // namespace tidemark::storage
