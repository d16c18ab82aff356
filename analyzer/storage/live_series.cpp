#include "analyzer/storage/live_series.h"

namespace tidemark::storage {

AppendResult LiveSeries::Write(Appendable& storage, int64_t now_ms, const std::vector<Value>& values) {
  std::unordered_map<Labels, SeriesRef, LabelsHash> live;
  std::vector<SeriesWrite> writes;
  for (const auto& [labels, value] : values) {
    const auto known = live_.find(labels);
    const SeriesRef ref = known == live_.end() ? storage.RefOf(labels) : known->second;
    if (known != live_.end()) live_.erase(known);
    live.emplace(labels, ref);
    writes.push_back({ref, {now_ms, value}});
  }
  for (const auto& [labels, ref] : live_) writes.push_back({ref, {now_ms, kStaleNan}});
  // A series that the store has forgotten or refused is asked for anew next time.
  const AppendResult result = writes.empty() ? AppendResult{} : storage.Append(writes);
  if (result.unknown_series > 0) live.clear();
  live_ = std::move(live);
  return result;
}

}  // namespace tidemark::storage
