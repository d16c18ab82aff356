#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "analyzer/storage/store.h"

namespace tidemark::storage {

/// The store's statistics as tidemark_storage_* metrics, read when collected.
class StoreMetrics final : public prometheus::Collectable {
 public:
  explicit StoreMetrics(const Store& store) : store_(store) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Store& store_;
};

}  // namespace tidemark::storage
