#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "analyzer/storage/id_table.h"
#include "analyzer/storage/matcher.h"
#include "analyzer/storage/posting_list.h"
#include "analyzer/storage/symbol_table.h"

namespace tidemark::storage {

/// One label of a series, as symbols.
struct SymbolPair {
  uint32_t name = 0;
  uint32_t value = 0;
};

/// Finds series by label: for each pair of name and value the sorted ids of the series that carry it. Not thread-safe
/// for writing.
class LabelIndex {
 public:
  explicit LabelIndex(const SymbolTable& symbols) : symbols_(symbols) {}

  struct Entry {
    uint32_t id = 0;
    std::span<const SymbolPair> labels;
  };
  void Add(const Entry& entry);
  /// Many at once cost little more than one: a label that a hundred thousand series have is gone through once.
  void Remove(std::span<const Entry> entries);

  /// What is left of a selection once the index has done its part: sorted ids, and the matchers that must still be
  /// asked of each. `all` when no matcher demands a label, so that every series is a candidate.
  struct Candidates {
    bool all = false;
    std::vector<uint32_t> ids;
    std::vector<const Matcher*> unchecked;
  };
  [[nodiscard]] Candidates Find(std::span<const Matcher> matchers) const;

  [[nodiscard]] size_t bytes() const;

 private:
  struct Posting {
    SymbolPair pair;
    uint32_t position = 0;  // in its name's list
    PostingList list;
  };

  [[nodiscard]] uint32_t FindPosting(SymbolPair pair) const;
  void RemovePosting(uint32_t at);
  [[nodiscard]] std::vector<uint32_t> Union(const Matcher& matcher) const;

  const SymbolTable& symbols_;
  std::deque<Posting> postings_;
  std::vector<uint32_t> free_;
  IdTable by_pair_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> by_name_;  // name symbol -> its postings
};

}  // namespace tidemark::storage
