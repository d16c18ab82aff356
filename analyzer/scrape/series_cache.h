#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzer/storage/storage.h"

namespace tidemark::scrape {

/// Which series a line of a target's page is, by the hash of the line's name and labels as they stand there: a known
/// series costs no label parsing, and 24 bytes. Two lines with one hash would be taken for one series; with 64 bits,
/// seeded anew by every cache, that takes billions of series. Used by one thread at a time.
class SeriesCache {
 public:
  struct Entry {
    uint64_t hash = 0;
    storage::SeriesRef ref = 0;  ///< 0: refused by the store, or dropped by relabelling
    uint32_t last_page = 0;      ///< 0: a free slot
    bool has_own_timestamp = false;
    bool is_dropped = false;  ///< by relabelling
  };

  SeriesCache();

  /// The entry of a line, which is new (last_page 0) when it was not seen before. Valid until the next call. The caller
  /// sets its last_page to something other than 0.
  Entry& Find(std::string_view series_text);

  /// Calls visit(entry) for the entries whose last page is not `page`, and forgets them.
  template <typename F>
  void RemoveOthers(uint32_t page, F&& visit) {
    bool any_gone = false;
    for (const Entry& entry : slots_) {
      if (entry.last_page == 0 || entry.last_page == page) continue;
      visit(entry);
      any_gone = true;
    }
    if (any_gone) KeepOnly(page);
  }
  void Clear();

  [[nodiscard]] size_t size() const { return used_; }

 private:
  void KeepOnly(uint32_t page);
  void Rebuild(size_t slot_count, uint32_t only_page);

  const uint64_t seed_;
  std::vector<Entry> slots_;  // open addressing with linear probing, at most three quarters full
  size_t used_ = 0;
};

}  // namespace tidemark::scrape
