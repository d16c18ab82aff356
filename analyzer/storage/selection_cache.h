#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "analyzer/storage/labels.h"
#include "analyzer/storage/matcher.h"

namespace tidemark::storage {

/// All series that some matchers select, by rising labels.
struct SeriesList {
  std::vector<uint32_t> ids;
  std::vector<Labels> labels;  ///< of each id
};

/// What was selected last, for dashboards and rules ask for the same series over and over: while none comes or goes,
/// nobody need look for them, put their labels together and sort them again. Nothing of their samples is kept. Any
/// thread may call.
class SelectionCache {
 public:
  /// `max_bytes`: of all lists together, about.
  explicit SelectionCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// What stands for matchers in the calls below.
  static std::string KeyOf(std::span<const Matcher> matchers);
  /// The list that was put in for the same matchers and version of the table, or null.
  std::shared_ptr<const SeriesList> Find(const std::string& key, uint64_t version);
  /// Takes a list in. Those that were asked for least recently make room.
  void Put(std::string key, uint64_t version, std::shared_ptr<const SeriesList> list);

  [[nodiscard]] size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    uint64_t version = 0;
    std::shared_ptr<const SeriesList> list;
    size_t bytes = 0;
  };

  std::list<Entry>::iterator FindEntry(const std::string& key);
  void Remove(std::list<Entry>::iterator entry);

  const size_t max_bytes_;
  mutable std::mutex mutex_;  // guards all below
  std::list<Entry> entries_;  // most recently asked for first
  size_t bytes_ = 0;
};

}  // namespace tidemark::storage
