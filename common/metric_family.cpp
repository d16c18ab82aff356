#include "common/metric_family.h"

namespace tidemark {

prometheus::MetricFamily SingleMetricFamily(std::string name, std::string help, prometheus::MetricType type,
                                            double value) {
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {std::move(name), std::move(help), type, {metric}};
}

}  // namespace tidemark
