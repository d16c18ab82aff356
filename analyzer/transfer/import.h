#pragma once

#include <cstdint>
#include <string>

#include "analyzer/storage/store.h"

namespace tidemark::transfer {

struct ImportReport {
  uint64_t samples = 0;  ///< stored, or there already
  uint64_t refused = 0;  ///< older than what their series has, or another value at the same time
  uint64_t refused_series = 0;
};

/// Reads a file into a store: CSV when its name ends in .csv, otherwise OpenMetrics, whose samples must have
/// timestamps. Samples of one series must come by time; what was read before an error stays.
///
/// CSV has a header row with the columns `timestamp` (Unix seconds or RFC 3339), `value` and `__name__`; all others are
/// labels. Fields may be quoted (RFC 4180).
/// \throw std::runtime_error with the line of what is wrong
ImportReport Import(const std::string& path, storage::Store& store);

}  // namespace tidemark::transfer
