#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/storage/storage.h"

namespace tidemark::storage {

/// Finds series by label: for each name and value the sorted references of the series that carry it. Not thread-safe.
class LabelIndex {
 public:
  /// References are added in rising order.
  void Add(SeriesRef ref, const Labels& labels);
  void Remove(SeriesRef ref, const Labels& labels);

  /// A superset of the series that match: those that carry a label which some matcher demands. `all` when no matcher
  /// demands one (each is true of a missing label). The caller checks every matcher on the candidates.
  struct Candidates {
    bool all = false;
    std::vector<SeriesRef> refs;  ///< sorted
  };
  [[nodiscard]] Candidates Find(std::span<const Matcher> matchers) const;

 private:
  using Postings = std::vector<SeriesRef>;
  std::unordered_map<std::string, std::map<std::string, Postings, std::less<>>> by_name_;
};

}  // namespace tidemark::storage
