#include "analyzer/scrape/ingester.h"

#include <algorithm>
#include <array>
#include <utility>

#include "analyzer/scrape/relabel.h"

namespace tidemark::scrape {
namespace {

/// A sample may claim to be this much ahead of the clock, as in Prometheus; further ahead it would shut its series to
/// every sample until then.
constexpr int64_t kMaxAheadMs = 10 * 60'000;

constexpr std::array<const char*, 5> kReportNames{"up", "scrape_duration_seconds", "scrape_samples_scraped",
                                                  "scrape_samples_post_metric_relabeling", "scrape_series_added"};

}  // namespace

std::vector<storage::Labels::Pair> Ingester::SeriesLabels(std::string_view name,
                                                          const std::vector<exposition::Label>& scraped) const {
  std::vector<storage::Labels::Pair> pairs;
  pairs.reserve(1 + scraped.size() + target_.labels.size());
  pairs.emplace_back(storage::kMetricName, name);
  const auto has = [&](std::string_view label_name) {
    return std::ranges::any_of(pairs, [&](const auto& pair) { return pair.first == label_name; });
  };
  for (const exposition::Label& label : scraped) {
    std::string label_name(label.name);
    if (!target_.job->honor_labels) {
      // Prometheus adds the prefix until the name is free.
      while (!target_.labels.Get(label_name).empty()) label_name.insert(0, "exported_");
    }
    if (!label.value.empty()) pairs.emplace_back(std::move(label_name), label.value);
  }
  for (const auto& [target_name, value] : target_.labels) {
    if (!has(target_name)) pairs.emplace_back(target_name, value);
  }
  return pairs;
}

std::string Ingester::CheckLabelLimits(const storage::Labels& labels) const {
  const config::ScrapeConfig& job = *target_.job;
  if (job.label_limit > 0 && labels.size() > job.label_limit) {
    return "label_limit exceeded: " + labels.ToString() + " has " + std::to_string(labels.size()) + " labels, limit " +
           std::to_string(job.label_limit);
  }
  for (const auto& [name, value] : labels) {
    if (job.label_name_length_limit > 0 && name.size() > job.label_name_length_limit)
      return "label_name_length_limit exceeded: label name \"" + name + "\" is longer than " +
             std::to_string(job.label_name_length_limit) + " bytes";
    if (job.label_value_length_limit > 0 && value.size() > job.label_value_length_limit)
      return "label_value_length_limit exceeded: the value of label \"" + name + "\" is longer than " +
             std::to_string(job.label_value_length_limit) + " bytes";
  }
  return "";
}

std::string Ingester::AddSeries(exposition::Parser& parser, SeriesCache::Entry& entry, IngestResult& result) {
  if (!parser.Labels(scraped_labels_)) return parser.error();
  std::vector<storage::Labels::Pair> pairs = SeriesLabels(parser.name(), scraped_labels_);
  const std::optional<storage::Labels> labels = Relabel(target_.job->metric_relabel_configs, std::move(pairs));
  if (!labels || labels->empty()) {
    entry.is_dropped = true;
    return "";
  }
  if (!exposition::IsValidMetricName(labels->Get(storage::kMetricName)))
    return "relabelling leaves " + labels->ToString() + " without a valid metric name";
  if (std::string limit = CheckLabelLimits(*labels); !limit.empty()) return limit;
  entry.ref = storage_.RefOf(*labels);
  ++(entry.ref == 0 ? result.series_refused : result.series_added);
  return "";
}

std::string Ingester::ParsePage(std::string_view page, exposition::Format format, int64_t time_ms,
                                IngestResult& result) {
  exposition::Parser parser(page, format);
  // What one format takes as a series the other need not.
  const bool same_format = format == std::exchange(last_format_, format);
  while (true) {
    bool is_expected = false;
    const exposition::Parser::Entry kind =
        parser.Next(same_format ? cache_.ExpectedBytes() : 0,
                    [&](std::string_view series_text) { return is_expected = cache_.IsExpected(series_text); });
    if (kind == exposition::Parser::Entry::kEnd) return "";
    if (kind == exposition::Parser::Entry::kError) return parser.error();
    if (kind != exposition::Parser::Entry::kSample) continue;
    ++result.samples_scraped;
    SeriesCache::Entry& entry = is_expected ? cache_.TakeExpected() : cache_.Find(parser.series_text());
    const bool is_new = entry.last_page == 0;
    entry.last_page = page_number_;
    if (is_new) {
      if (std::string error = AddSeries(parser, entry, result); !error.empty()) return error;
    } else if (entry.ref == 0 && !entry.is_dropped) {
      ++result.series_refused;
    }
    if (entry.is_dropped) continue;
    ++result.samples_kept;
    if (target_.job->sample_limit > 0 && result.samples_kept > target_.job->sample_limit)
      return "sample limit exceeded";
    const bool own_timestamp = target_.job->honor_timestamps && parser.timestamp_ms().has_value();
    entry.has_own_timestamp = own_timestamp;
    const int64_t sample_ms = own_timestamp ? *parser.timestamp_ms() : time_ms;
    if (entry.ref == 0 || sample_ms > time_ms + kMaxAheadMs) continue;
    writes_.push_back({entry.ref, {sample_ms, parser.value()}});
  }
}

void Ingester::AddStaleMarkers(int64_t time_ms) {
  cache_.RemoveOthers(page_number_, [&](const SeriesCache::Entry& entry) {
    // A series with timestamps of its own ends when its samples grow old, as in Prometheus.
    if (entry.ref != 0 && !entry.has_own_timestamp) writes_.push_back({entry.ref, {time_ms, storage::kStaleNan}});
  });
}

/// Before the page's own series: a page that fills the store must not keep its target's `up` out.
void Ingester::FindReportSeries() {
  if (!report_series_.empty() && std::ranges::find(report_series_, 0U) == report_series_.end()) return;
  report_series_.clear();
  for (const char* name : kReportNames) {
    const storage::Labels labels(SeriesLabels(name, {}));
    report_series_.push_back(storage_.RefOf(labels));
  }
}

void Ingester::AddReport(int64_t time_ms, double up, double duration_seconds, const IngestResult& result) {
  const std::array<double, kReportNames.size()> values{
      up, duration_seconds, static_cast<double>(result.samples_scraped), static_cast<double>(result.samples_kept),
      static_cast<double>(result.series_added)};
  for (size_t i = 0; i < values.size(); ++i) writes_.push_back({report_series_[i], {time_ms, values[i]}});
}

bool Ingester::Flush() {
  std::erase_if(writes_, [](const storage::SeriesWrite& write) { return write.ref == 0; });
  const bool all_known = storage_.Append(writes_).unknown_series == 0;
  if (!all_known) {
    cache_.Clear();
    report_series_.clear();
  }
  // A page that was unusually large must not keep its memory for ever.
  constexpr size_t kKeptWrites = 10'000;
  if (writes_.capacity() > kKeptWrites) std::vector<storage::SeriesWrite>().swap(writes_);
  writes_.clear();
  return all_known;
}

IngestResult Ingester::IngestPage(std::string_view page, exposition::Format format, int64_t time_ms,
                                  double duration_seconds) {
  // A series may be forgotten by the store between two pages, once its samples are past the retention; the page is then
  // read again, and its samples that were taken are taken as equal.
  constexpr int kTries = 2;
  IngestResult result;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    result = {};
    ++page_number_;
    FindReportSeries();
    result.error = ParsePage(page, format, time_ms, result);
    if (!result.error.empty()) {
      writes_.clear();
      IngestFailure(time_ms, duration_seconds);
      return result;
    }
    AddStaleMarkers(time_ms);
    AddReport(time_ms, 1, duration_seconds, result);
    if (Flush()) break;
  }
  return result;
}

void Ingester::IngestFailure(int64_t time_ms, double duration_seconds) {
  ++page_number_;
  FindReportSeries();
  AddStaleMarkers(time_ms);
  AddReport(time_ms, 0, duration_seconds, {});
  Flush();
}

void Ingester::IngestEnd(int64_t time_ms) {
  ++page_number_;
  AddStaleMarkers(time_ms);
  for (const storage::SeriesRef ref : report_series_) writes_.push_back({ref, {time_ms, storage::kStaleNan}});
  Flush();
}

}  // namespace tidemark::scrape
