#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/config/relabel_config.h"
#include "analyzer/storage/labels.h"

namespace tidemark::scrape {

/// Carries out relabelling rules one after the other, as Prometheus does (model/relabel/relabel.go). Nothing when a
/// rule drops the labels.
std::optional<storage::Labels> Relabel(const std::vector<config::RelabelConfig>& rules,
                                       std::vector<storage::Labels::Pair> labels);

}  // namespace tidemark::scrape
