#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/storage/label_index.h"
#include "analyzer/storage/labels.h"

namespace tidemark::storage {

/// A set of labels, and the symbols of the same: sets that are alike in a label have the same symbols there.
struct SymbolizedLabels {
  const Labels* labels = nullptr;
  std::span<const SymbolPair> symbols;
};

/// The places of label sets, all different, in the order of the labels.
///
/// Most of what the sets of one selection have is alike, so they are sorted label by label: symbols tell without a look
/// at texts which are alike in a label, and those that are not are told apart by the eight bytes after what all have in
/// common (a multikey quicksort, Bentley and Sedgewick, "Fast Algorithms for Sorting and Searching Strings", SODA 1997,
/// on labels instead of characters).
std::vector<uint32_t> OrderByLabels(std::span<const SymbolizedLabels> sets);

}  // namespace tidemark::storage
