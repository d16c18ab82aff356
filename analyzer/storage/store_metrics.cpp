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
  add("tidemark_storage_memory_bytes", "Memory of series, labels, and samples that are not on disk.", MetricType::Gauge,
      statistics.memory_bytes);
  add("tidemark_storage_log_bytes", "Size of the write-ahead log and the series log.", MetricType::Gauge,
      statistics.log_bytes);
  add("tidemark_storage_index_bytes", "Memory of series and labels.", MetricType::Gauge, statistics.index_bytes);
  add("tidemark_storage_selection_bytes", "Memory of remembered selections of series.", MetricType::Gauge,
      statistics.selection_bytes);
  add("tidemark_storage_head_samples", "Samples that are in no block yet.", MetricType::Gauge, statistics.head_samples);
  add("tidemark_storage_blocks", "Blocks of samples.", MetricType::Gauge, statistics.blocks);
  add("tidemark_storage_block_bytes", "Size of the blocks.", MetricType::Gauge, statistics.block_bytes);
  add("tidemark_storage_series_refused_total", "New series refused at the bound of series or memory.",
      MetricType::Counter, statistics.refused_series);
  add("tidemark_storage_samples_dropped_total", "Samples let go before their time to keep within a bound.",
      MetricType::Counter, statistics.dropped_samples);
  add("tidemark_storage_log_write_failures_total", "Batches that could not be written to the log.", MetricType::Counter,
      statistics.failed_log_writes);
  add("tidemark_storage_flush_failures_total", "Blocks that could not be written to disk.", MetricType::Counter,
      statistics.failed_flushes);
  add("tidemark_storage_damaged_chunks_total", "Chunks and blocks that did not have their checksum when read.",
      MetricType::Counter, statistics.damaged_chunks);
  add("tidemark_storage_torn_segments_total", "Segments of the log that ended in a torn record at start.",
      MetricType::Counter, statistics.torn_segments);
  return families;
}

}  // namespace tidemark::storage
