#pragma once

#include <cstdint>
#include <vector>

namespace tidemark::storage {

/// A hash table of 32-bit ids whose keys live elsewhere: eight bytes a slot (half of the hash, id), open addressing
/// with linear probing, at most three quarters full. The caller compares keys. Not thread-safe.
class IdTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  /// The id with this hash of which `is_key(id)` is true, or kNone.
  template <typename F>
  [[nodiscard]] uint32_t Find(uint64_t hash, F&& is_key) const {
    if (slots_.empty()) return kNone;
    const auto tag = Tag(hash);
    for (size_t at = tag & (slots_.size() - 1); slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
      const auto id = static_cast<uint32_t>(slots_[at]);
      if (slots_[at] >> 32 == tag && is_key(id)) return id;
    }
    return kNone;
  }

  /// Adds an id that is not there. It is not kNone.
  void Insert(uint64_t hash, uint32_t id) {
    if ((used_ + 1) * 4 > slots_.size() * 3) Grow();
    Place(static_cast<uint64_t>(Tag(hash)) << 32 | id);
    ++used_;
  }

  void Erase(uint64_t hash, uint32_t id) {
    if (slots_.empty()) return;
    const uint64_t entry = static_cast<uint64_t>(Tag(hash)) << 32 | id;
    const size_t mask = slots_.size() - 1;
    size_t hole = Tag(hash) & mask;
    while (slots_[hole] != entry) {
      if (slots_[hole] == kFree) return;
      hole = (hole + 1) & mask;
    }
    --used_;
    // What follows moves up when its own place is not behind the hole, so that no search ends early.
    for (size_t at = (hole + 1) & mask; slots_[at] != kFree; at = (at + 1) & mask) {
      const size_t home = (slots_[at] >> 32) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = kFree;
  }

  [[nodiscard]] size_t allocated_bytes() const { return slots_.capacity() * sizeof(uint64_t); }

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};

  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32)); }

  void Place(uint64_t entry) {
    size_t at = (entry >> 32) & (slots_.size() - 1);
    while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
  }

  void Grow() {
    std::vector<uint64_t> old(slots_.empty() ? 16 : slots_.size() * 2, kFree);
    old.swap(slots_);
    for (const uint64_t entry : old) {
      if (entry != kFree) Place(entry);
    }
  }

  std::vector<uint64_t> slots_;
  size_t used_ = 0;
};

}  // namespace tidemark::storage
