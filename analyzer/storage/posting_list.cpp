#include "analyzer/storage/posting_list.h"

#include <algorithm>

namespace tidemark::storage {

void PostingList::Add(uint32_t id) {
  if (size_ == 0) {
    one_ = id;
    size_ = 1;
    return;
  }
  if (!many_ || size_ == capacity_) {
    const uint32_t capacity = many_ ? capacity_ + capacity_ / 2 + 1 : 4;
    auto grown = std::make_unique_for_overwrite<uint32_t[]>(capacity);
    std::ranges::copy(ids(), grown.get());
    many_ = std::move(grown);
    capacity_ = capacity;
  }
  uint32_t* const end = many_.get() + size_;
  uint32_t* const at = id > end[-1] ? end : std::lower_bound(many_.get(), end, id);
  std::move_backward(at, end, end + 1);
  *at = id;
  ++size_;
}

void PostingList::Remove(std::span<const uint32_t> gone) {
  if (!many_) {
    if (size_ == 1 && std::ranges::binary_search(gone, one_)) size_ = 0;
    return;
  }
  uint32_t* const end = many_.get() + size_;
  uint32_t* from = many_.get();
  uint32_t* to = from;
  for (const uint32_t id : gone) {
    uint32_t* const at = std::lower_bound(from, end, id);
    if (at == end) break;
    if (*at != id) continue;
    to = to == from ? at : std::move(from, at, to);
    from = at + 1;
  }
  to = to == from ? end : std::move(from, end, to);
  size_ = static_cast<uint32_t>(to - many_.get());
  if (size_ > 0) return;
  many_.reset();
  one_ = 0;
}

std::vector<uint32_t> Intersect(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  if (a.size() > b.size()) std::swap(a, b);
  std::vector<uint32_t> both;
  both.reserve(a.size());
  size_t at = 0;
  for (const uint32_t id : a) {
    size_t step = 1;
    size_t low = at;
    while (at < b.size() && b[at] < id) {
      low = at + 1;
      at += step;
      step *= 2;
    }
    const auto end = b.begin() + static_cast<ptrdiff_t>(std::min(at + 1, b.size()));
    at = static_cast<size_t>(std::lower_bound(b.begin() + static_cast<ptrdiff_t>(std::min(low, b.size())), end, id) -
                             b.begin());
    if (at == b.size()) break;
    if (b[at] == id) both.push_back(id);
  }
  return both;
}

}  // namespace tidemark::storage
