#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/promql/engine.h"
#include "analyzer/storage/labels.h"

namespace tidemark::thresholds {

/// The targets that do not answer, by their series `up`. Of those a missing value says nothing. Immutable.
class DownTargets {
 public:
  DownTargets() = default;
  /// As the engine's store has it at a time, whatever the engine's bounds.
  DownTargets(const promql::Engine& engine, int64_t now_ms);

  /// Whether labels are those of a series that such a target would have: they have its `instance` and, when they have
  /// any, its `job`.
  [[nodiscard]] bool Contains(const storage::Labels& labels) const;

  /// The same for each step of a range: the sets by step. \throw as promql::Engine::Range
  static std::vector<DownTargets> OfSteps(const promql::Engine& engine, const promql::Steps& steps);

 private:
  std::set<std::pair<std::string, std::string>> targets_;  // instance and job
};

}  // namespace tidemark::thresholds
