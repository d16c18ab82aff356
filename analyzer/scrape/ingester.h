#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/scrape/series_cache.h"
#include "analyzer/scrape/target.h"
#include "analyzer/storage/storage.h"
#include "common/exposition/format.h"
#include "common/exposition/parser.h"

namespace tidemark::scrape {

struct IngestResult {
  std::string error;  ///< empty: the page was taken
  size_t samples_scraped = 0;
  size_t samples_kept = 0;  ///< after metric relabelling
  size_t series_added = 0;
  size_t series_refused = 0;  ///< by the store's bounds
};

/// Turns the pages of one target into samples: parses, adds the target's labels, relabels, and marks series that a page
/// no longer has as stale. A page is taken whole or not at all. Used by one thread at a time.
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
  /// Fills `writes_` from a page. Returns what is wrong with it, or nothing.
  std::string ParsePage(std::string_view page, exposition::Format format, int64_t time_ms, IngestResult& result);
  /// Finds out what a line seen for the first time stands for. Returns what is wrong with it, or nothing.
  std::string AddSeries(exposition::Parser& parser, SeriesCache::Entry& entry, IngestResult& result);
  [[nodiscard]] std::vector<storage::Labels::Pair> SeriesLabels(std::string_view name,
                                                                const std::vector<exposition::Label>& scraped) const;
  /// What is wrong with the number or length of a series' labels, or nothing.
  [[nodiscard]] std::string CheckLabelLimits(const storage::Labels& labels) const;
  void FindReportSeries();
  void AddStaleMarkers(int64_t time_ms);
  void AddReport(int64_t time_ms, double up, double duration_seconds, const IngestResult& result);
  /// Returns false when the store had forgotten a series; all are then looked up anew.
  bool Flush();

  const Target target_;
  storage::Appendable& storage_;
  SeriesCache cache_;
  std::vector<storage::SeriesRef> report_series_;
  std::vector<storage::SeriesWrite> writes_;
  std::vector<exposition::Label> scraped_labels_;
  uint32_t page_number_ = 0;
  exposition::Format last_format_ = exposition::Format::kText004;
};

}  // namespace tidemark::scrape
