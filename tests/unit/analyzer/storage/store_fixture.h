#pragma once

#include <string>
#include <vector>

#include "analyzer/storage/store.h"
#include "tests/unit/temporary_directory.h"

// What the tests of the store share.

namespace tidemark::storage {

class ManualClock final : public Clock {
 public:
  int64_t now_ms = 1'000'000'000;
  [[nodiscard]] int64_t NowMs() const override { return now_ms; }
};

inline const Logger kQuietLogger(LogLevel::kError, LogFormat::kLogfmt);
inline constexpr size_t kNoLimit = 100'000'000;

inline Labels TestLabels(const std::string& name) { return Labels{{"__name__", name}, {"job", "test"}}; }

inline AppendResult AppendOne(Store& store, const std::string& name, int64_t time_ms, double value) {
  const std::vector<SeriesWrite> writes{{store.RefOf(TestLabels(name)), {time_ms, value}}};
  return store.Append(writes);
}

inline std::vector<SeriesSamples> SelectAll(const Store& store) {
  return store.Select({}, kMinTime, kMaxTime, kNoLimit);
}

}  // namespace tidemark::storage
