#include "analyzer/storage/label_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace tidemark::storage {
namespace {

/// Up to eight bytes as a number that compares as they do; zeros for what is missing.
uint64_t Leading(std::string_view text) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, text.data(), std::min(text.size(), sizeof(bytes)));
  if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
  return bytes;
}

class LabelOrder {
 public:
  explicit LabelOrder(std::span<const SymbolizedLabels> sets) : sets_(sets) {}

  /// Sorts places of sets that are alike in the labels before the one at `label`.
  void Sort(std::span<uint32_t> places, size_t label) {
    for (;; ++label) {
      // A set that ends here comes before those that go on.
      const auto goes_on =
          std::partition(places.begin(), places.end(), [&](uint32_t place) { return SizeOf(place) == label; });
      places = places.subspan(static_cast<size_t>(goes_on - places.begin()));
      if (places.size() < 2) return;
      const SymbolPair first = PairAt(places.front(), label);
      const auto has_same = [&](uint32_t place) {
        const SymbolPair pair = PairAt(place, label);
        return pair.name == first.name && pair.value == first.value;
      };
      if (!std::ranges::all_of(places, has_same)) break;
    }
    const uint32_t name = PairAt(places.front(), label).name;
    if (std::ranges::all_of(places, [&](uint32_t place) { return PairAt(place, label).name == name; })) {
      SortByValue(places, label);
    } else {
      std::ranges::sort(places, [&](uint32_t a, uint32_t b) { return *sets_[a].labels < *sets_[b].labels; });
    }
  }

 private:
  struct Key {
    uint64_t leading;
    uint32_t symbol;
    uint32_t place;
  };

  [[nodiscard]] size_t SizeOf(uint32_t place) const { return sets_[place].symbols.size(); }
  [[nodiscard]] SymbolPair PairAt(uint32_t place, size_t label) const { return sets_[place].symbols[label]; }
  [[nodiscard]] std::string_view ValueAt(uint32_t place, size_t label) const {
    return sets_[place].labels->pairs()[label].second;
  }

  void SortByValue(std::span<uint32_t> places, size_t label) {
    const std::string_view first = ValueAt(places.front(), label);
    size_t common = first.size();
    for (const uint32_t place : places) {
      const std::string_view value = ValueAt(place, label);
      const size_t limit = std::min(common, value.size());
      common = static_cast<size_t>(
          std::mismatch(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(limit), value.begin()).first -
          first.begin());
    }
    keys_.clear();
    for (const uint32_t place : places)
      keys_.push_back({Leading(ValueAt(place, label).substr(common)), PairAt(place, label).value, place});
    std::ranges::sort(keys_, [&](const Key& a, const Key& b) {
      if (a.leading != b.leading) return a.leading < b.leading;
      return a.symbol != b.symbol && ValueAt(a.place, label) < ValueAt(b.place, label);
    });
    std::ranges::transform(keys_, places.begin(), &Key::place);
    for (auto begin = places.begin(); begin != places.end();) {
      const uint32_t value = PairAt(*begin, label).value;
      const auto end =
          std::find_if(begin, places.end(), [&](uint32_t place) { return PairAt(place, label).value != value; });
      Sort({begin, end}, label + 1);
      begin = end;
    }
  }

  std::span<const SymbolizedLabels> sets_;
  std::vector<Key> keys_;  // of one call at a time
};

}  // namespace

std::vector<uint32_t> OrderByLabels(std::span<const SymbolizedLabels> sets) {
  std::vector<uint32_t> places(sets.size());
  std::iota(places.begin(), places.end(), 0);
  LabelOrder(sets).Sort(places, 0);
  return places;
}

}  // namespace tidemark::storage
