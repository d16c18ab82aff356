#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/scrape/target.h"
#include "analyzer/storage/storage.h"
#include "common/exposition/format.h"

namespace tidemark::scrape {

struct IngestResult {
  std::string error;  ///< empty: the page was taken
  size_t samples_scraped = 0;
  size_t series_added = 0;
};

/// Turns the pages of one target into samples: parses, adds the target's labels, and marks series that a page no longer
/// has as stale. A series is recognised by its text as it stands in the page, so a known one costs no label parsing.
/// A page is taken whole or not at all. Used by one thread at a time.
class Ingester {
 public:
  Ingester(const Target& target, storage::Appendable& storage) : target_(target), storage_(storage) {}

  /// Appends a page's samples and the scrape's own (up, scrape_duration_seconds, …) at `time_ms`.
  IngestResult IngestPage(std::string_view page, exposition::Format format, int64_t time_ms, double duration_seconds);
  /// Appends what a failed scrape leaves: up 0, and staleness markers for all series of the last page.
  void IngestFailure(int64_t time_ms, double duration_seconds);
  /// The target is gone: staleness markers for everything.
  void IngestEnd(int64_t time_ms);

 private:
  struct CachedSeries {
    storage::SeriesRef ref = 0;
    storage::Labels labels;
    uint64_t last_page = 0;
    bool has_own_timestamp = false;
  };

  /// Fills `writes_` from a page. Returns what is wrong with it, or nothing.
  std::string ParsePage(std::string_view page, exposition::Format format, int64_t time_ms, IngestResult& result);
  [[nodiscard]] storage::Labels SeriesLabels(std::string_view name,
                                             const std::vector<exposition::Label>& scraped) const;
  void AddStaleMarkers(int64_t time_ms);
  void AddReport(int64_t time_ms, double up, double duration_seconds, const IngestResult& result);
  void Flush();

  const Target target_;
  storage::Appendable& storage_;
  std::unordered_map<std::string, CachedSeries> cache_;
  std::vector<CachedSeries> report_series_;
  std::vector<storage::Write> writes_;
  std::vector<CachedSeries*> write_owners_;
  uint64_t page_number_ = 0;
  std::string key_;
};

}  // namespace tidemark::scrape
