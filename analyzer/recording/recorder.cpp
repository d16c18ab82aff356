#include "analyzer/recording/recorder.h"

#include <chrono>

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
  std::unordered_map<storage::Labels, storage::SeriesRef, storage::LabelsHash> live;
  std::vector<storage::Write> writes;
  try {
    promql::QueryResult result = engine_.Instant(*rule.expr, now_ms);
    if (result.type == promql::ValueType::kScalar) result.series = {{storage::Labels{}, {result.scalar}}};
    for (const storage::SeriesSamples& series : result.series) {
      storage::Labels labels = series.labels.With(storage::kMetricName, rule.record);
      for (const auto& [name, value] : rule.labels) labels = labels.With(name, value);
      const auto known = state.live.find(labels);
      const storage::SeriesRef ref = known == state.live.end() ? 0 : known->second;
      if (!live.emplace(labels, ref).second)
        throw promql::EvalError("result has two series with the same labels after recording: " + labels.ToString());
      writes.push_back({.ref = ref, .labels = labels, .sample = {now_ms, series.samples.front().value}});
    }
  } catch (const std::runtime_error& failure) {
    error = failure.what();
    live.clear();
    writes.clear();
  }
  const size_t live_writes = writes.size();
  for (const auto& [labels, ref] : state.live) {
    if (!live.contains(labels))
      writes.push_back({.ref = ref, .labels = labels, .sample = {now_ms, storage::kStaleNan}});
  }
  storage_.Append(writes);
  for (size_t i = 0; i < live_writes; ++i) live[writes[i].labels] = writes[i].ref;
  state.live = std::move(live);
  if (error != state.status.last_error && !error.empty())
    logger_.Warn("recording rule failed", {{"record", rule.record}, {"err", error}});
  state.status = {error, now_ms, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

}  // namespace tidemark::recording
