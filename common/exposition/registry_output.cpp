#include "common/exposition/registry_output.h"

#include "common/number_format.h"

namespace tidemark::exposition {
namespace {

MetricType TypeOf(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return MetricType::kCounter;
    case prometheus::MetricType::Gauge:
      return MetricType::kGauge;
    case prometheus::MetricType::Histogram:
      return MetricType::kHistogram;
    case prometheus::MetricType::Summary:
      return MetricType::kSummary;
    default:
      return MetricType::kUntyped;
  }
}

void WriteMetric(const prometheus::ClientMetric& metric, prometheus::MetricType type, double created_seconds,
                 Writer& writer) {
  std::vector<Label> labels;
  labels.reserve(metric.label.size() + 1);
  for (const auto& label : metric.label) labels.push_back({label.name, label.value});
  const auto with_bound = [&](std::string_view name, double bound, std::string_view suffix, double value) {
    std::string text;
    AppendGoFloat(text, bound);
    labels.push_back({name, text});
    writer.SuffixedSample(suffix, labels, value);
    labels.pop_back();
  };
  switch (type) {
    case prometheus::MetricType::Counter:
      writer.Sample(labels, metric.counter.value);
      writer.Created(labels, created_seconds);
      return;
    case prometheus::MetricType::Gauge:
      writer.Sample(labels, metric.gauge.value);
      return;
    case prometheus::MetricType::Histogram:
      for (const auto& bucket : metric.histogram.bucket) {
        with_bound("le", bucket.upper_bound, "_bucket", static_cast<double>(bucket.cumulative_count));
      }
      writer.SuffixedSample("_sum", labels, metric.histogram.sample_sum);
      writer.SuffixedSample("_count", labels, static_cast<double>(metric.histogram.sample_count));
      writer.Created(labels, created_seconds);
      return;
    case prometheus::MetricType::Summary:
      for (const auto& quantile : metric.summary.quantile)
        with_bound("quantile", quantile.quantile, "", quantile.value);
      writer.SuffixedSample("_sum", labels, metric.summary.sample_sum);
      writer.SuffixedSample("_count", labels, static_cast<double>(metric.summary.sample_count));
      writer.Created(labels, created_seconds);
      return;
    default:
      writer.Sample(labels, metric.untyped.value);
  }
}

}  // namespace

void WriteFamilies(const std::vector<prometheus::MetricFamily>& families, double created_seconds, Writer& writer) {
  for (const auto& family : families) {
    if (family.metric.empty()) continue;
    writer.Family(family.name, family.help, TypeOf(family.type));
    for (const auto& metric : family.metric) WriteMetric(metric, family.type, created_seconds, writer);
  }
}

}  // namespace tidemark::exposition
