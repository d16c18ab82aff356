#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analyzer/storage/storage.h"

namespace tidemark::storage {

/// The series that one producer (a recording rule, the alerts) writes as a whole, time after time: what was there
/// last time and is gone now gets a staleness marker. Used by one thread.
class LiveSeries {
 public:
  struct Value {
    Labels labels;  ///< with the metric name; no two alike in one call
    double value;
  };

  /// Returns what the store said of the samples.
  AppendResult Write(Appendable& storage, int64_t now_ms, const std::vector<Value>& values);

 private:
  std::unordered_map<Labels, SeriesRef, LabelsHash> live_;
};

}  // namespace tidemark::storage
