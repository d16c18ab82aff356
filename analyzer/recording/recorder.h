#pragma once

#include <string>
#include <vector>

#include "analyzer/promql/engine.h"
#include "analyzer/recording/rule_file.h"
#include "analyzer/storage/live_series.h"
#include "common/log.h"

namespace tidemark::recording {

/// How a rule's last evaluation went, for /api/v1/rules.
struct RuleStatus {
  std::string last_error;
  int64_t last_evaluation_ms = 0;
  double last_duration_seconds = 0;
};

/// Evaluates recording rules and stores their results. Used by one thread.
class Recorder {
 public:
  Recorder(const promql::Engine& engine, storage::Appendable& storage, const Logger& logger)
      : engine_(engine), storage_(storage), logger_(logger) {}

  void SetGroups(std::vector<RuleGroup> groups);
  /// Evaluates the groups that are due. A rule that fails costs only its own series, which become stale.
  void Evaluate(int64_t now_ms, int64_t default_interval_ms);

  [[nodiscard]] const std::vector<RuleGroup>& groups() const { return groups_; }
  [[nodiscard]] const RuleStatus& status(size_t group, size_t rule) const { return states_[group].rules[rule].status; }

 private:
  struct RuleState {
    RuleStatus status;
    storage::LiveSeries live;
  };
  struct GroupState {
    int64_t next_due_ms = 0;
    std::vector<RuleState> rules;
  };

  void EvaluateRule(const RecordingRule& rule, RuleState& state, int64_t now_ms);

  const promql::Engine& engine_;
  storage::Appendable& storage_;
  const Logger& logger_;
  std::vector<RuleGroup> groups_;
  std::vector<GroupState> states_;
};

}  // namespace tidemark::recording
