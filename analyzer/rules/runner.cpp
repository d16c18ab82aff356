#include "analyzer/rules/runner.h"

#include <algorithm>

namespace tidemark::rules {
namespace {

/// The last time before or at `now_ms` that is `offset_ms` past a multiple of the interval.
int64_t SlotBefore(int64_t now_ms, int64_t interval_ms, int64_t offset_ms) {
  return now_ms - (now_ms - offset_ms) % interval_ms;
}

/// Where in its interval a group is evaluated: the same after each restart.
int64_t OffsetOf(const Group& group) {
  const storage::Labels identity{{"file", group.definition().file}, {"name", group.definition().name}};
  return static_cast<int64_t>(identity.Hash() % static_cast<uint64_t>(group.interval_ms()));
}

}  // namespace

int64_t Runner::FirstDue(const Group& group, int64_t now_ms) const {
  if (timing_ == Timing::kTogether) return now_ms;
  return SlotBefore(now_ms, group.interval_ms(), OffsetOf(group)) + group.interval_ms();
}

void Runner::SetGroups(const std::vector<RuleGroup>& groups, const templating::AlertContext& context,
                       int64_t default_interval_ms, int64_t now_ms) {
  const std::lock_guard lock(evaluation_mutex_);
  context_ = context;
  std::vector<Entry> entries;
  for (const RuleGroup& definition : groups) {
    Entry& entry = entries.emplace_back();
    entry.group = std::make_unique<Group>(definition, default_interval_ms);
    entry.next_due_ms = FirstDue(*entry.group, now_ms);
    const auto old = std::ranges::find_if(entries_, [&](const Entry& candidate) {
      return candidate.group != nullptr && candidate.group->definition().file == definition.file &&
             candidate.group->definition().name == definition.name;
    });
    if (old != entries_.end()) {
      entry.group->TakeOver(*old->group);
      entry.evaluations = old->evaluations;
    } else if (!is_first_set_) {
      // Only what was there before a restart has a past to restore.
      entry.group->SkipRestoring();
    }
  }
  for (Entry& old : entries_) old.group->End(services_, now_ms);
  entries_ = std::move(entries);
  is_first_set_ = false;
  const std::lock_guard views_lock(views_mutex_);
  views_.clear();
  for (const Entry& entry : entries_) views_.push_back(entry.group->View());
}

int64_t Runner::Evaluate(int64_t now_ms) {
  int64_t next_ms = storage::kMaxTime;
  for (size_t i = 0;; ++i) {
    // Reloading gets its turn between groups.
    const std::lock_guard lock(evaluation_mutex_);
    if (i >= entries_.size()) return next_ms;
    Entry& entry = entries_[i];
    if (now_ms >= entry.next_due_ms) {
      const int64_t interval_ms = entry.group->interval_ms();
      const bool together = timing_ == Timing::kTogether;
      const int64_t slot_ms = SlotBefore(now_ms, interval_ms, together ? 0 : OffsetOf(*entry.group));
      EvaluateGroup(entry, i, together ? now_ms : slot_ms);
      entry.next_due_ms = slot_ms + interval_ms;
    }
    next_ms = std::min(next_ms, entry.next_due_ms);
  }
}

void Runner::EvaluateGroup(Entry& entry, size_t index, int64_t time_ms) {
  entry.group->Evaluate(services_, context_, time_ms);
  // At the first evaluation targets may not have been scraped yet, nor recording rules evaluated that alerts look at.
  constexpr int kRestoreAfter = 2;
  if (!entry.group->restored() && ++entry.evaluations == kRestoreAfter)
    entry.group->RestoreAlerts(services_, restore_, time_ms);
  const std::lock_guard lock(views_mutex_);
  views_[index] = entry.group->View();
}

std::vector<std::shared_ptr<const GroupView>> Runner::Views() const {
  const std::lock_guard lock(views_mutex_);
  return views_;
}

}  // namespace tidemark::rules
