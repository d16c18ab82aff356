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
    entries_[index].lacks_driver = false;
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

void CollectorSet::Run(Entry& entry, exposition::Writer& writer) {
  if (entry.lacks_driver) {
    entry.outcome.duration_seconds = 0;
    return;
  }
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
  entry.lacks_driver = status.lacks_driver;
  entry.outcome = {duration.count(), status.kind == CollectStatus::Kind::kOk};
}

/// Most collectors are shared with the helper, those that took longest first. Then come those that are to see what all
/// others wrote.
void CollectorSet::RunSelected(const Selection& selection, exposition::Writer& writer, const OwnFamilies& write_own) {
  const auto is_shared = [&](size_t i) { return selection[i] && !entries_[i].descriptor->runs_last; };
  row_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (is_shared(i)) row_.push_back(i);
  }
  std::ranges::sort(row_, std::greater(), [this](size_t i) { return entries_[i].outcome.duration_seconds; });
  for (std::string& text : texts_) text.clear();
  std::array writers{exposition::Writer(writer.format(), texts_[0]), exposition::Writer(writer.format(), texts_[1])};
  const auto run = [&](size_t place, HelpingThread::Hand hand) {
    Entry& entry = entries_[row_[place]];
    const std::string& text = texts_[static_cast<size_t>(hand)];
    const size_t begin = text.size();
    Run(entry, writers[static_cast<size_t>(hand)]);
    entry.piece = {.hand = hand, .begin = begin, .end = text.size()};
  };
  helper_.Run(row_.size(), run, [&] { write_own(writer); });
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Piece& piece = entries_[i].piece;
    if (is_shared(i)) {
      const std::string_view text = texts_[static_cast<size_t>(piece.hand)];
      writer.AppendFamilies(text.substr(piece.begin, piece.end - piece.begin));
    } else if (selection[i]) {
      Run(entries_[i], writer);
    }
  }
  // Room that one page needed is kept for the next, but not the megabytes of a host with thousands of devices.
  constexpr size_t kKeptBytes = size_t{1} << 20;
  for (std::string& text : texts_) {
    if (text.capacity() > kKeptBytes) std::string().swap(text);
  }
}

void CollectorSet::WritePage(const Selection& selection, exposition::Writer& writer, const OwnFamilies& write_own) {
  const std::lock_guard lock(mutex_);
  context_.shared_reads->Forget();
  if (context_.shared_reads->looks_for_drivers()) {
    for (Entry& entry : entries_) entry.lacks_driver = false;
  }
  RunSelected(selection, writer, write_own);
  const auto write = [&](const auto& value) {
    for (const size_t i : by_name_) {
      if (selection[i]) writer.Sample({{"collector", entries_[i].descriptor->name}}, value(entries_[i].outcome));
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
