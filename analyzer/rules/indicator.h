#pragma once

#include <string>
#include <vector>

#include "analyzer/config/expr_field.h"

namespace tidemark::rules {

/// A quantity that people look at: what /performance/metrics shows and the analyses run over. From
/// rules/indicators.yml.
struct Indicator {
  enum class Worse { kHigher, kLower, kNeither };

  std::string name;
  std::string title;
  std::string resource;  ///< cpu, memory, disk, network, pressure, service …
  std::string unit;
  config::ExprField expr;
  Worse worse = Worse::kNeither;
  /// Shifts smaller than this are no regression, whatever their significance; in the indicator's unit.
  double smallest_shift = 0;
};

/// \throw config::ConfigError
std::vector<Indicator> LoadIndicators(const std::string& path);

}  // namespace tidemark::rules
