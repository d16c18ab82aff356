#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analyzer/storage/labels.h"

// Series as unit tests of rules write them. Source: https://prometheus.io/docs/prometheus/2.42/configuration/
// unit_testing_rules/.

namespace tidemark::rules {

/// The labels of `metric{label="value", …}`, `{label="value"}` or an empty text.
/// \throw promql::ParseError, std::invalid_argument for a matcher other than =
storage::Labels ParseMetric(std::string_view text);

/// Values one interval after the other; none where there is no sample, storage::kStaleNan for `stale`. Forms, separated
/// by blanks: `1`, `_`, `stale`, `1x4` (five times 1), `_x4` (four times none), `1+2x4` (1 3 5 7 9), `1-2x4`.
/// \throw std::invalid_argument; also past a million values
std::vector<std::optional<double>> ParseSeriesValues(std::string_view text);

}  // namespace tidemark::rules
