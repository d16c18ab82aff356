#include "analyzer/scrape/ingester.h"

#include <array>

#include "common/exposition/parser.h"

namespace tidemark::scrape {
namespace {

/// A sample may claim to be this much ahead of the clock, as in Prometheus; further ahead it would shut its series to
/// every sample until then.
constexpr int64_t kMaxAheadMs = 10 * 60'000;

constexpr std::array<const char*, 5> kReportNames{"up", "scrape_duration_seconds", "scrape_samples_scraped",
                                                  "scrape_samples_post_metric_relabeling", "scrape_series_added"};

}  // namespace

storage::Labels Ingester::SeriesLabels(std::string_view name, const std::vector<exposition::Label>& scraped) const {
  std::vector<storage::Labels::Pair> pairs;
  pairs.emplace_back(storage::kMetricName, name);
  for (const exposition::Label& label : scraped) {
    std::string label_name(label.name);
    const bool conflicts = !target_.labels.Get(label_name).empty();
    if (conflicts && !target_.job.honor_labels) label_name.insert(0, "exported_");
    pairs.emplace_back(std::move(label_name), label.value);
  }
  const storage::Labels own(std::move(pairs));
  std::vector<storage::Labels::Pair> all = own.pairs();
  for (const auto& [target_name, value] : target_.labels) {
    if (own.Get(target_name).empty()) all.emplace_back(target_name, value);
  }
  return storage::Labels(std::move(all));
}

std::string Ingester::ParsePage(std::string_view page, exposition::Format format, int64_t time_ms,
                                IngestResult& result) {
  exposition::Parser parser(page, format);
  std::vector<exposition::Label> labels;
  while (true) {
    const exposition::Parser::Entry entry = parser.Next();
    if (entry == exposition::Parser::Entry::kEnd) return "";
    if (entry == exposition::Parser::Entry::kError) return parser.error();
    if (entry != exposition::Parser::Entry::kSample) continue;
    ++result.samples_scraped;
    if (target_.job.sample_limit > 0 && result.samples_scraped > target_.job.sample_limit)
      return "sample limit exceeded";
    key_.assign(parser.series_text());
    const auto [it, is_new] = cache_.try_emplace(key_);
    CachedSeries& series = it->second;
    if (is_new) {
      if (!parser.Labels(labels)) {
        cache_.erase(it);
        return parser.error();
      }
      series.labels = SeriesLabels(parser.name(), labels);
      ++result.series_added;
    }
    series.last_page = page_number_;
    const bool own_timestamp = target_.job.honor_timestamps && parser.timestamp_ms().has_value();
    series.has_own_timestamp = own_timestamp;
    const int64_t sample_ms = own_timestamp ? *parser.timestamp_ms() : time_ms;
    if (sample_ms > time_ms + kMaxAheadMs) continue;
    writes_.push_back({.ref = series.ref, .labels = series.labels, .sample = {sample_ms, parser.value()}});
    write_owners_.push_back(&series);
  }
}

void Ingester::AddStaleMarkers(int64_t time_ms) {
  for (auto it = cache_.begin(); it != cache_.end();) {
    if (it->second.last_page == page_number_) {
      ++it;
      continue;
    }
    // A series with timestamps of its own ends when its samples grow old, as in Prometheus.
    if (it->second.ref != 0 && !it->second.has_own_timestamp) {
      writes_.push_back({.ref = it->second.ref, .labels = it->second.labels, .sample = {time_ms, storage::kStaleNan}});
      write_owners_.push_back(nullptr);
    }
    it = cache_.erase(it);
  }
}

void Ingester::AddReport(int64_t time_ms, double up, double duration_seconds, const IngestResult& result) {
  if (report_series_.empty()) {
    for (const char* name : kReportNames)
      report_series_.push_back({.ref = 0, .labels = SeriesLabels(name, {}), .last_page = 0});
  }
  const auto samples = static_cast<double>(result.samples_scraped);
  const std::array<double, kReportNames.size()> values{up, duration_seconds, samples, samples,
                                                       static_cast<double>(result.series_added)};
  for (size_t i = 0; i < values.size(); ++i) {
    writes_.push_back(
        {.ref = report_series_[i].ref, .labels = report_series_[i].labels, .sample = {time_ms, values[i]}});
    write_owners_.push_back(&report_series_[i]);
  }
}

void Ingester::Flush() {
  storage_.Append(writes_);
  for (size_t i = 0; i < writes_.size(); ++i) {
    if (write_owners_[i] != nullptr) write_owners_[i]->ref = writes_[i].ref;
  }
  writes_.clear();
  write_owners_.clear();
}

IngestResult Ingester::IngestPage(std::string_view page, exposition::Format format, int64_t time_ms,
                                  double duration_seconds) {
  IngestResult result;
  ++page_number_;
  result.error = ParsePage(page, format, time_ms, result);
  if (!result.error.empty()) {
    writes_.clear();
    write_owners_.clear();
    IngestFailure(time_ms, duration_seconds);
    return result;
  }
  AddStaleMarkers(time_ms);
  AddReport(time_ms, 1, duration_seconds, result);
  Flush();
  return result;
}

void Ingester::IngestFailure(int64_t time_ms, double duration_seconds) {
  ++page_number_;
  AddStaleMarkers(time_ms);
  AddReport(time_ms, 0, duration_seconds, {});
  Flush();
}

void Ingester::IngestEnd(int64_t time_ms) {
  ++page_number_;
  AddStaleMarkers(time_ms);
  for (const CachedSeries& series : report_series_) {
    writes_.push_back({.ref = series.ref, .labels = series.labels, .sample = {time_ms, storage::kStaleNan}});
    write_owners_.push_back(nullptr);
  }
  Flush();
}

}  // namespace tidemark::scrape
