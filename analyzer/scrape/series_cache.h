#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzer/storage/id_table.h"
#include "analyzer/storage/storage.h"

namespace tidemark::scrape {

/// Which series a line of a target's page is, by the hash of the line's name and labels as they stand there: a known
/// series costs no label parsing, and some 40 bytes. Entries lie in the order of the page they were first seen on; the
/// next line of a page is mostly the next entry, which is looked at first. Two lines with one hash would be taken for
/// one series; with 64 bits, seeded anew by every cache, that takes billions of series. Used by one thread at a time.
class SeriesCache {
 public:
  struct Entry {
    uint64_t hash = 0;
    storage::SeriesRef ref = 0;  ///< 0: refused by the store, or dropped by relabelling
    uint32_t last_page = 0;      ///< 0: never seen
    uint16_t text_bytes = 0;     ///< of name and labels; 0 when they are longer than it can say
    bool has_own_timestamp = false;
    bool is_dropped = false;  ///< by relabelling
  };

  SeriesCache();

  /// How long the text of the series is that mostly comes next; 0 when nothing is expected.
  [[nodiscard]] size_t ExpectedBytes() const { return next_ < entries_.size() ? entries_[next_].text_bytes : 0; }
  /// Whether a text is that of the series that is expected.
  [[nodiscard]] bool IsExpected(std::string_view series_text);

  /// The entry of the series that is expected, which IsExpected has just found.
  Entry& TakeExpected() { return entries_[next_++]; }
  /// The entry of a line, which is new (last_page 0) when it was not seen before. Valid until the next call.
  Entry& Find(std::string_view series_text);

  /// Calls visit(entry) for the entries whose last page is not `page`, and forgets them. Lines of the next page are
  /// expected from the first entry on again.
  template <typename F>
  void RemoveOthers(uint32_t page, F&& visit) {
    next_ = 0;
    bool any_gone = false;
    for (const Entry& entry : entries_) {
      if (entry.last_page == page) continue;
      visit(entry);
      any_gone = true;
    }
    if (any_gone) KeepOnly(page);
  }
  void Clear();

 private:
  [[nodiscard]] uint64_t Hash(std::string_view series_text) const;
  void KeepOnly(uint32_t page);

  const uint64_t seed_;
  std::vector<Entry> entries_;
  storage::IdTable index_;  // into entries_
  size_t next_ = 0;         // the entry after the one found last
};

}  // namespace tidemark::scrape
