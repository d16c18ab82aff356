#include "exporter/collector_set.h"

#include <algorithm>
#include <chrono>

namespace tidemark::exporter {
namespace {

/// What a collector says may quote a file, which may hold anything.
std::string Shortened(std::string text) {
  constexpr size_t kMaxBytes = 300;
  if (text.size() > kMaxBytes) text.replace(kMaxBytes, std::string::npos, "…");
  return text;
}

}  // namespace

CollectorSet::CollectorSet(const std::vector<std::string>& enabled, const CollectorContext& context)
    : context_(context) {
  for (const CollectorDescriptor* descriptor : AllCollectors()) {
    if (std::ranges::find(enabled, descriptor->name) == enabled.end()) continue;
    entries_.push_back({descriptor, descriptor->create(context), {}});
  }
}

void CollectorSet::Reload() {
  std::vector<std::pair<size_t, std::unique_ptr<Collector>>> made;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].descriptor->enabling_flag != nullptr)
      made.emplace_back(i, entries_[i].descriptor->create(context_));
  }
  const std::lock_guard lock(mutex_);
  for (auto& [index, collector] : made) {
    collector->TakeOver(*entries_[index].collector);
    // The old one goes with `made`, when pages can be made again: it may have threads to wait for.
    std::swap(entries_[index].collector, collector);
  }
}

bool CollectorSet::Contains(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.descriptor->name == name; });
}

std::vector<std::string> CollectorSet::Names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.emplace_back(entry.descriptor->name);
  return names;
}

/// A broken file breaks at every scrape; the log gets a line when the reason changes, not one a scrape.
void CollectorSet::LogChange(Entry& entry, const CollectStatus& status) const {
  const std::string error = status.kind == CollectStatus::Kind::kFailed ? status.message : "";
  if (status.kind == CollectStatus::Kind::kNoData) {
    context_.logger.Debug("collector returned no data", {{"name", entry.descriptor->name}, {"err", status.message}});
  }
  if (error == entry.last_error) return;
  if (!error.empty()) {
    context_.logger.Error("collector failed", {{"name", entry.descriptor->name}, {"err", error}});
  } else {
    context_.logger.Info("collector recovered", {{"name", entry.descriptor->name}});
  }
  entry.last_error = error;
}

CollectorSet::Outcome CollectorSet::Run(Entry& entry, exposition::Writer& writer) {
  const auto begin = std::chrono::steady_clock::now();
  CollectStatus status;
  try {
    status = entry.collector->Collect(writer);
  } catch (const std::exception& error) {
    status = CollectStatus::Failed(error.what());
  }
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
  status.message = Shortened(std::move(status.message));
  LogChange(entry, status);
  return {entry.descriptor->name, duration.count(), status.kind == CollectStatus::Kind::kOk};
}

void CollectorSet::WritePage(const std::vector<std::string>& names, exposition::Writer& writer) {
  const std::lock_guard lock(mutex_);
  std::vector<Outcome> outcomes;
  outcomes.reserve(entries_.size());
  for (Entry& entry : entries_) {
    if (std::ranges::find(names, entry.descriptor->name) != names.end()) outcomes.push_back(Run(entry, writer));
  }
  std::ranges::sort(outcomes, {}, [](const Outcome& outcome) { return std::string_view(outcome.name); });
  writer.Family("node_scrape_collector_duration_seconds", "node_exporter: Duration of a collector scrape.",
                exposition::MetricType::kGauge);
  for (const Outcome& outcome : outcomes) writer.Sample({{"collector", outcome.name}}, outcome.duration_seconds);
  writer.Family("node_scrape_collector_success", "node_exporter: Whether a collector succeeded.",
                exposition::MetricType::kGauge);
  for (const Outcome& outcome : outcomes) writer.Sample({{"collector", outcome.name}}, outcome.success ? 1 : 0);
}

}  // namespace tidemark::exporter
