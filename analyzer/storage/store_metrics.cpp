#include "analyzer/storage/store_metrics.h"

#include "common/metric_family.h"

namespace tidemark::storage {

std::vector<prometheus::MetricFamily> StoreMetrics::Collect() const {
  const StoreStatistics statistics = store_.Statistics();
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, prometheus::MetricType type, auto value) {
    families.push_back(SingleMetricFamily(name, help, type, static_cast<double>(value)));
  };
  using prometheus::MetricType;
  add("tidemark_storage_series", "Series in the store.", MetricType::Gauge, statistics.series);
  add("tidemark_storage_samples", "Samples in the store.", MetricType::Gauge, statistics.samples);
  add("tidemark_storage_memory_bytes", "Memory of samples and labels.", MetricType::Gauge, statistics.memory_bytes);
  add("tidemark_storage_log_bytes", "Size of the write-ahead log.", MetricType::Gauge, statistics.log_bytes);
  add("tidemark_storage_series_refused_total", "New series refused at the memory bound.", MetricType::Counter,
      statistics.refused_series);
  add("tidemark_storage_samples_dropped_total", "Samples let go before their time to keep within the memory bound.",
      MetricType::Counter, statistics.dropped_samples);
  add("tidemark_storage_log_write_failures_total", "Batches that could not be written to the log.", MetricType::Counter,
      statistics.failed_log_writes);
  return families;
}

}  // namespace tidemark::storage
