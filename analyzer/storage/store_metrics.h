#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "analyzer/storage/memory_store.h"

namespace tidemark::storage {

/// The store's statistics as tidemark_storage_* metrics, read when collected.
class StoreMetrics final : public prometheus::Collectable {
 public:
  explicit StoreMetrics(const MemoryStore& store) : store_(store) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const MemoryStore& store_;
};

}  // namespace tidemark::storage
