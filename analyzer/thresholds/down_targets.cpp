#include "analyzer/thresholds/down_targets.h"

#include "analyzer/promql/parser.h"

namespace tidemark::thresholds {
namespace {

constexpr const char* kUp = "up";

std::pair<std::string, std::string> TargetOf(const storage::Labels& labels) {
  return {std::string(labels.Get("instance")), std::string(labels.Get("job"))};
}

}  // namespace

DownTargets::DownTargets(const promql::Engine& engine, int64_t now_ms) {
  // Past the engine, whose bounds are for queries: all thresholds depend on this.
  const std::vector<storage::Matcher> matchers{
      {storage::Matcher::Type::kEqual, std::string(storage::kMetricName), kUp}};
  const auto selection = engine.storage().OpenNewest(matchers, now_ms - engine.options().lookback_ms, now_ms);
  std::vector<storage::Sample> samples;
  for (size_t i = 0; i < selection->size(); ++i) {
    selection->Read(i, samples);
    if (!samples.empty() && samples.back().value == 0) targets_.insert(TargetOf(selection->labels(i)));
  }
}

bool DownTargets::Contains(const storage::Labels& labels) const {
  if (targets_.empty()) return false;
  const auto [instance, job] = TargetOf(labels);
  if (instance.empty()) return false;
  if (!job.empty()) return targets_.contains({instance, job});
  const auto it = targets_.lower_bound({instance, ""});
  return it != targets_.end() && it->first == instance;
}

std::vector<DownTargets> DownTargets::OfSteps(const promql::Engine& engine, const promql::Steps& steps) {
  std::vector<DownTargets> sets(steps.count());
  for (const storage::SeriesSamples& series :
       engine.RangeSeries(*promql::ParseExpr(std::string(kUp) + " == 0"), steps)) {
    const auto target = TargetOf(series.labels);
    for (const storage::Sample& sample : series.samples)
      sets[static_cast<size_t>((sample.timestamp_ms - steps.start_ms) / steps.step_ms)].targets_.insert(target);
  }
  return sets;
}

}  // namespace tidemark::thresholds
