#include "analyzer/recording/recorder.h"

#include <chrono>
#include <unordered_set>

namespace tidemark::recording {

void Recorder::SetGroups(std::vector<RuleGroup> groups) {
  groups_ = std::move(groups);
  states_.clear();
  for (const RuleGroup& group : groups_) states_.emplace_back().rules.resize(group.rules.size());
}

void Recorder::Evaluate(int64_t now_ms, int64_t default_interval_ms) {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].interval_ms > 0 && now_ms < states_[i].next_due_ms) continue;
    const int64_t interval_ms = groups_[i].interval_ms > 0 ? groups_[i].interval_ms : default_interval_ms;
    states_[i].next_due_ms = now_ms - now_ms % interval_ms + interval_ms;
    for (size_t j = 0; j < groups_[i].rules.size(); ++j) EvaluateRule(groups_[i].rules[j], states_[i].rules[j], now_ms);
  }
}

void Recorder::EvaluateRule(const RecordingRule& rule, RuleState& state, int64_t now_ms) {
  const auto begin = std::chrono::steady_clock::now();
  std::string error;
  std::vector<storage::LiveSeries::Value> values;
  try {
    promql::QueryResult result = engine_.Instant(*rule.expr.parsed, now_ms);
    if (result.type == promql::ValueType::kScalar) result.series = {{storage::Labels{}, {result.scalar}}};
    std::unordered_set<storage::Labels, storage::LabelsHash> seen;
    for (const storage::SeriesSamples& series : result.series) {
      storage::Labels labels = series.labels.With(storage::kMetricName, rule.record);
      for (const auto& [name, value] : rule.labels) labels = labels.With(name, value);
      if (!seen.insert(labels).second)
        throw promql::EvalError("result has two series with the same labels after recording: " + labels.ToString());
      values.push_back({std::move(labels), series.samples.front().value});
    }
  } catch (const std::runtime_error& failure) {
    error = failure.what();
    values.clear();
  }
  state.live.Write(storage_, now_ms, values);
  if (error != state.status.last_error && !error.empty())
    logger_.Warn("recording rule failed", {{"record", rule.record}, {"err", error}});
  state.status = {error, now_ms, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

}  // namespace tidemark::recording
