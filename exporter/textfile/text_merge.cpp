#include "exporter/textfile/text_merge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "common/number_format.h"

namespace tidemark::exporter::textfile {
namespace {

using exposition::MetricType;

/// What a family's samples have after its name besides nothing.
std::vector<std::string_view> Suffixes(MetricType type) {
  if (type == MetricType::kHistogram) return {"_bucket", "_sum", "_count"};
  if (type == MetricType::kSummary) return {"_sum", "_count"};
  return {};
}

/// Every metric of a file's family has every label name of it, empty where it had none, as in node_exporter.
void FillLabels(std::vector<Metric>& metrics) {
  LabelMap all;
  for (const Metric& metric : metrics) {
    for (const auto& [name, value] : metric.labels) all.try_emplace(name);
  }
  for (Metric& metric : metrics) metric.labels.insert(all.begin(), all.end());
}

/// To Prometheus an empty label is none.
LabelMap WithValue(LabelMap labels) {
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  return labels;
}

std::string SeriesText(const std::string& name, const LabelMap& labels) {
  std::string text = name + "{";
  for (const auto& [label, value] : labels) text.append(label).append("=\"").append(value).append("\",");
  if (text.ends_with(',')) text.pop_back();
  return text + "}";
}

std::string GoFloat(double value) {
  std::string text;
  AppendGoFloat(text, value);
  return text;
}

}  // namespace

std::string TextMerge::Conflict(const std::string& name, const Family& family) const {
  if (taken_.contains(name)) return "metric " + name + " is published by a collector already";
  for (const std::string_view suffix : Suffixes(*family.type)) {
    const std::string part = name + std::string(suffix);
    if (taken_.contains(part) || families_.contains(part)) return "metric " + part + " is published already";
  }
  for (const std::string_view suffix : Suffixes(MetricType::kHistogram)) {
    if (!name.ends_with(suffix)) continue;
    const auto whole = families_.find(name.substr(0, name.size() - suffix.size()));
    if (whole == families_.end()) continue;
    if (std::ranges::count(Suffixes(whole->second.type), suffix) > 0)
      return "metric " + name + " is a part of " + whole->first;
  }
  const auto known = families_.find(name);
  if (known != families_.end() && known->second.type != *family.type)
    return "type of " + name + " differs from another file's";
  for (const Metric& metric : family.metrics) {
    for (const auto& [label, value] : metric.labels) {
      if (!label.starts_with("__")) continue;
      std::string problem = "reserved label name ";
      return problem.append(label).append(" of ").append(name);
    }
  }
  return "";
}

std::string TextMerge::Add(const std::string& path, Families&& families) {
  std::string problem;
  const auto complain = [&](const std::string& text) {
    if (problem.empty()) problem = text;
  };
  for (auto& [name, family] : families) {
    if (const std::string conflict = Conflict(name, family); !conflict.empty()) {
      complain(conflict);
      if (const auto known = families_.find(name); known != families_.end()) known->second.paths.push_back(path);
      continue;
    }
    Merged& merged = families_.try_emplace(name, Merged{.type = *family.type}).first->second;
    merged.paths.push_back(path);
    if (family.help && merged.has_help && *family.help != merged.help)
      complain("help text of " + name + " differs from another file's");
    if (family.help && !merged.has_help) merged.help = *family.help;
    merged.has_help = merged.has_help || family.help;
    FillLabels(family.metrics);
    for (Metric& metric : family.metrics) {
      if (const auto [series, is_new] = merged.series.insert(WithValue(metric.labels)); !is_new) {
        complain("repeats the series " + SeriesText(name, *series));
        continue;
      }
      merged.metrics.push_back(std::move(metric));
    }
  }
  return problem;
}

void TextMerge::Write(exposition::Writer& writer) const {
  for (const auto& [name, family] : families_) {
    std::string help = family.help;
    if (!family.has_help) {
      help = "Metric read from ";
      for (const std::string& path : family.paths) help += (&path == family.paths.data() ? "" : ", ") + path;
    }
    writer.Family(name, help, family.type);
    for (const Metric& metric : family.metrics) WriteMetric(family, metric, writer);
  }
}

void TextMerge::WriteMetric(const Merged& family, const Metric& metric, exposition::Writer& writer) {
  std::vector<exposition::Label> labels;
  for (const auto& [name, value] : metric.labels) labels.push_back({name, value});
  const std::vector<std::string_view> suffixes = Suffixes(family.type);
  if (suffixes.empty()) return writer.Sample(labels, metric.value);
  const bool is_histogram = family.type == MetricType::kHistogram;
  const auto write_part = [&](double bound, double value) {
    const std::string text = GoFloat(bound);
    labels.push_back({is_histogram ? "le" : "quantile", text});
    writer.SuffixedSample(is_histogram ? "_bucket" : "", labels, value);
    labels.pop_back();
  };
  for (const auto& [bound, value] : metric.parts) write_part(bound, value);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (is_histogram && !metric.parts.contains(kInfinity)) write_part(kInfinity, metric.count);
  writer.SuffixedSample("_sum", labels, metric.sum);
  writer.SuffixedSample("_count", labels, metric.count);
}

}  // namespace tidemark::exporter::textfile
