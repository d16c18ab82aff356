#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/storage/storage.h"

namespace tidemark::transfer {

enum class ExportFormat { kOpenMetrics, kCsv };

struct ExportRequest {
  std::vector<std::vector<storage::Matcher>> selections;  ///< what any of them selects
  int64_t from_ms = storage::kMinTime;
  int64_t to_ms = storage::kMaxTime;
  ExportFormat format = ExportFormat::kOpenMetrics;
};

/// Writes samples piece by piece to `write`, one series at a time, so that the size of the store is no matter. What is
/// written reads back exactly with Import. Returns the count of samples. \throw what `write` throws
uint64_t Export(const storage::Queryable& store, const ExportRequest& request,
                const std::function<void(std::string_view text)>& write);

}  // namespace tidemark::transfer
