#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/exposition/format.h"

namespace tidemark::exporter::textfile {

using LabelMap = std::map<std::string, std::string>;

/// A sample, or what a histogram or summary has with the same labels.
struct Metric {
  LabelMap labels;  ///< without a bucket's le and a quantile's quantile
  double value = 0;
  std::map<double, double> parts{};  ///< upper bound -> count, or quantile -> value
  double sum = 0;
  double count = 0;
};

struct Family {
  std::optional<std::string> help{};
  std::optional<exposition::MetricType> type{};
  std::vector<Metric> metrics{};  ///< in the file's order
};

/// By name; each with a type and at least one metric.
using Families = std::map<std::string, Family, std::less<>>;

/// Reads the text format 0.0.4 as node_exporter does, which is stricter than a scraper where that helps whoever writes
/// a file: the last line ends, HELP and TYPE come once and before the samples, escape sequences are known ones, bounds
/// and quantiles are numbers. Timestamps are refused: a file is scraped again and again.
/// \throw std::runtime_error "line 3: …"
Families ParseText(std::string_view text);

}  // namespace tidemark::exporter::textfile
