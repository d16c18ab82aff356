#include "analyzer/storage/storage.h"

namespace tidemark::storage {

std::vector<SeriesSamples> Queryable::Select(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms,
                                             size_t max_samples) const {
  const std::unique_ptr<const Selection> selection = Open(matchers, from_ms, to_ms);
  std::vector<SeriesSamples> selected;
  selected.reserve(selection->size());
  size_t samples = 0;
  for (size_t i = 0; i < selection->size(); ++i) {
    SeriesSamples series{selection->labels(i), {}};
    selection->Read(i, series.samples);
    samples += series.samples.size();
    if (samples > max_samples)
      throw QueryError("query processing would load too many samples into memory in query execution");
    if (!series.samples.empty()) selected.push_back(std::move(series));
  }
  return selected;
}

}  // namespace tidemark::storage
