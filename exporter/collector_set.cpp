#include "exporter/collector_set.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>

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
    by_name_.push_back(entries_.size());
    entries_.push_back({.descriptor = descriptor, .collector = descriptor->create(context)});
  }
  std::ranges::sort(by_name_, {}, [this](size_t i) { return std::string_view(entries_[i].descriptor->name); });
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
    entries_[index].without_driver.reset();
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

CollectorSet::Selection CollectorSet::Select(const std::vector<std::string>& wanted,
                                             const std::vector<std::string>& unwanted) const {
  Selection selection(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    const auto is_named = [&](const std::string& name) { return name == entries_[i].descriptor->name; };
    selection[i] =
        (wanted.empty() || std::ranges::any_of(wanted, is_named)) && std::ranges::none_of(unwanted, is_named);
  }
  return selection;
}

/// A broken file breaks at every scrape; the log gets a line when the reason changes, not one a scrape.
void CollectorSet::LogChange(Entry& entry, const CollectStatus& status) const {
  const std::string_view error = status.kind == CollectStatus::Kind::kFailed ? status.message : std::string_view();
  if (status.kind == CollectStatus::Kind::kNoData && context_.logger.Writes(LogLevel::kDebug)) {
    context_.logger.Debug("collector returned no data", {{"name", entry.descriptor->name}, {"err", status.message}});
  }
  if (error == entry.last_error) return;
  if (!error.empty()) {
    context_.logger.Error("collector failed", {{"name", entry.descriptor->name}, {"err", std::string(error)}});
  } else {
    context_.logger.Info("collector recovered", {{"name", entry.descriptor->name}});
  }
  entry.last_error = error;
}

CollectorSet::Outcome CollectorSet::Run(Entry& entry, exposition::Writer& writer) {
  if (entry.without_driver) return *entry.without_driver;
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
  const bool success = status.kind == CollectStatus::Kind::kOk;
  if (status.lacks_driver) entry.without_driver = {.duration_seconds = 0, .success = success};
  return {duration.count(), success};
}

/// Most collectors are shared with the helper, when they are enough for waking it, those that took longest first. Then
/// come those that are to see what all others wrote.
void CollectorSet::RunSelected(const Selection& selection, const OwnFamilies& write_own, exposition::Writer& writer) {
  constexpr size_t kMinShared = 8;
  const auto is_shared = [&](size_t i) { return selection[i] && !entries_[i].descriptor->runs_last; };
  row_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (is_shared(i)) row_.push_back(i);
  }
  std::ranges::sort(row_, std::greater(), [this](size_t i) { return entries_[i].last_seconds; });
  for (std::string& text : texts_) text.clear();
  std::array writers{exposition::Writer(writer.format(), texts_[0]), exposition::Writer(writer.format(), texts_[1])};
  const auto run = [&](size_t place, HelpingThread::Hand hand) {
    const size_t i = row_[place];
    const std::string& text = texts_[static_cast<size_t>(hand)];
    const size_t begin = text.size();
    outcomes_[i] = Run(entries_[i], writers[static_cast<size_t>(hand)]);
    entries_[i].last_seconds = outcomes_[i].duration_seconds;
    entries_[i].piece = {.hand = hand, .begin = begin, .end = text.size()};
  };
  const auto own = [&] { write_own(writer); };
  if (row_.size() < kMinShared) {
    own();
    for (size_t place = 0; place < row_.size(); ++place) run(place, HelpingThread::Hand::kCaller);
  } else {
    helper_.Run(row_.size(), run, own);
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Piece& piece = entries_[i].piece;
    if (is_shared(i)) {
      const std::string_view text = texts_[static_cast<size_t>(piece.hand)];
      writer.AppendFamilies(text.substr(piece.begin, piece.end - piece.begin));
    } else if (selection[i]) {
      outcomes_[i] = Run(entries_[i], writer);
    }
  }
  // Room that one page needed is kept for the next, but not the megabytes of a host with thousands of devices.
  constexpr size_t kKeptBytes = size_t{1} << 20;
  for (std::string& text : texts_) {
    if (text.capacity() > kKeptBytes) std::string().swap(text);
  }
}

void CollectorSet::WritePage(const Selection& selection, const OwnFamilies& write_own, exposition::Writer& writer) {
  const std::lock_guard lock(mutex_);
  context_.shared_reads->Forget();
  if (context_.shared_reads->looks_for_drivers()) {
    for (Entry& entry : entries_) entry.without_driver.reset();
  }
  outcomes_.assign(entries_.size(), {});
  RunSelected(selection, write_own, writer);
  const auto write = [&](const auto& value) {
    for (const size_t i : by_name_) {
      if (selection[i]) writer.Sample({{"collector", entries_[i].descriptor->name}}, value(outcomes_[i]));
    }
  };
  writer.Family("node_scrape_collector_duration_seconds", "node_exporter: Duration of a collector scrape.",
                exposition::MetricType::kGauge);
  write([](const Outcome& outcome) { return outcome.duration_seconds; });
  writer.Family("node_scrape_collector_success", "node_exporter: Whether a collector succeeded.",
                exposition::MetricType::kGauge);
  write([](const Outcome& outcome) { return outcome.success ? 1.0 : 0.0; });
}

}  // namespace tidemark::exporter
