#include "analyzer/storage/live_series.h"

namespace tidemark::storage {

void LiveSeries::Write(Appendable& storage, int64_t now_ms, const std::vector<Value>& values) {
  std::unordered_map<Labels, SeriesRef, LabelsHash> live;
  std::vector<storage::Write> writes;
  for (const auto& [labels, value] : values) {
    const auto known = live_.find(labels);
    writes.push_back({.ref = known == live_.end() ? 0 : known->second, .labels = labels, .sample = {now_ms, value}});
    if (known != live_.end()) live_.erase(known);
  }
  for (const auto& [labels, ref] : live_) {
    writes.push_back({.ref = ref, .labels = labels, .sample = {now_ms, kStaleNan}});
  }
  if (!writes.empty()) storage.Append(writes);
  for (size_t i = 0; i < values.size(); ++i) live.emplace(values[i].labels, writes[i].ref);
  live_ = std::move(live);
}

}  // namespace tidemark::storage
