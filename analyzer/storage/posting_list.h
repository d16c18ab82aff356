#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tidemark::storage {

/// Sorted ids of the series that carry one label pair. A single one, as of a label whose values are all different,
/// needs no memory of its own.
class PostingList {
 public:
  /// Adds an id that is not there; in most cases it is larger than all that are.
  void Add(uint32_t id);
  /// Removes ids, which are sorted; those that are not there are passed over. What is left moves once for all of them.
  void Remove(std::span<const uint32_t> gone);

  [[nodiscard]] std::span<const uint32_t> ids() const { return {many_ ? many_.get() : &one_, size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] size_t allocated_bytes() const { return many_ ? capacity_ * sizeof(uint32_t) : 0; }

 private:
  std::unique_ptr<uint32_t[]> many_;
  uint32_t size_ = 0;
  union {
    uint32_t one_ = 0;   // without many_
    uint32_t capacity_;  // with it
  };
};

/// The ids that are in both lists. Searches the longer one with steps that double, so that a short list against a long
/// one costs little (Bentley and Yao, "An almost optimal algorithm for unbounded searching", 1976).
std::vector<uint32_t> Intersect(std::span<const uint32_t> a, std::span<const uint32_t> b);

}  // namespace tidemark::storage
