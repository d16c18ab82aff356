#pragma once

#include <prometheus/metric_family.h>

#include <string>

namespace tidemark {

/// A counter or gauge family with one metric and no labels.
prometheus::MetricFamily SingleMetricFamily(std::string name, std::string help, prometheus::MetricType type,
                                            double value);

}  // namespace tidemark
