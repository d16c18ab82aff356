#pragma once

#include <string_view>

namespace tidemark::exposition {

/// The two text formats of Prometheus metrics.
enum class Format {
  kText004,      ///< text/plain; version=0.0.4
  kOpenMetrics,  ///< application/openmetrics-text; version=1.0.0
};

enum class MetricType { kUntyped, kCounter, kGauge, kHistogram, kSummary, kInfo, kStateSet, kGaugeHistogram };

struct Label {
  std::string_view name;
  std::string_view value;
};

inline constexpr std::string_view kText004ContentType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view kOpenMetricsContentType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

}  // namespace tidemark::exposition
