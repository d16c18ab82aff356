#include "analyzer/thresholds/threshold_store.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "analyzer/thresholds/threshold_reader.h"
#include "common/text.h"

namespace tidemark::thresholds {
namespace {

using Outcome = ThresholdStore::Outcome;

std::string TextOf(const Threshold& threshold) { return ToJson(threshold).dump(); }

/// Of what has no version.
std::string HashEtag(const Threshold& threshold) {
  const std::string text = TextOf(threshold);
  return "\"h" + std::to_string(XXH3_64bits(text.data(), text.size())) + "\"";
}

}  // namespace

const char* OriginName(Origin origin) {
  constexpr std::array<const char*, 3> kNames{"shipped", "file", "api"};
  return kNames[static_cast<size_t>(origin)];
}

bool HasEtag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view item = Trim(list.substr(0, comma));
    if (item == "*" || item == etag) return true;
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return false;
}

bool Preconditions::Hold(const StoredThreshold* present) const {
  if (!if_match.empty() && (present == nullptr || !HasEtag(if_match, present->etag))) return false;
  return if_none_match.empty() || present == nullptr || !HasEtag(if_none_match, present->etag);
}

ThresholdStore::ThresholdStore(state::Database& database, const Clock& clock, const Logger& logger)
    : database_(database), clock_(clock) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement newest(handle, "SELECT max(version) FROM threshold_history");
    if (newest.Step() && !newest.IsNull(0)) last_version_ = newest.Integer(0);
    state::Statement rows(handle, "SELECT name, body, version, updated_ms, source FROM thresholds");
    while (rows.Step()) {
      const std::string name = rows.Text(0);
      last_version_ = std::max(last_version_, rows.Integer(2));
      if (rows.IsNull(1)) {
        changed_[name] = nullptr;
        continue;
      }
      ParsedThreshold parsed = ParseThreshold(nlohmann::json::parse(rows.Text(1), nullptr, false));
      if (!parsed.errors.empty()) {
        logger.Error("stored threshold is not usable",
                     {{"name", name}, {"field", parsed.errors.front().pointer}, {"err", parsed.errors.front().detail}});
        continue;
      }
      auto stored = std::make_shared<StoredThreshold>(
          *MakeStored(std::move(parsed.threshold), rows.IsNull(4) ? "" : rows.Text(4), rows.Integer(2)));
      stored->updated_ms = rows.Integer(3);
      changed_[name] = std::move(stored);
    }
  });
}

StoredThresholdPtr ThresholdStore::MakeStored(Threshold threshold, const std::string& source, int64_t version) const {
  auto stored = std::make_shared<StoredThreshold>();
  stored->threshold = std::move(threshold);
  stored->source = source;
  stored->version = version;
  stored->updated_ms = clock_.NowMs();
  stored->etag = "\"" + std::to_string(version) + "\"";
  const auto base = base_.find(stored->threshold.name);
  if (base != base_.end()) stored->overrides = base->second->origin;
  return stored;
}

void ThresholdStore::SetBase(const std::vector<Threshold>& shipped, const std::vector<Threshold>& files) {
  const std::lock_guard lock(mutex_);
  base_.clear();
  const auto add = [this](const std::vector<Threshold>& thresholds, Origin origin) {
    for (const Threshold& threshold : thresholds) {
      base_[threshold.name] = std::make_shared<const StoredThreshold>(
          StoredThreshold{.threshold = threshold, .origin = origin, .etag = HashEtag(threshold)});
    }
  };
  add(shipped, Origin::kShipped);
  add(files, Origin::kFile);
  for (auto& [name, stored] : changed_) {
    if (!stored) continue;
    const auto base = base_.find(name);
    const std::optional<Origin> overrides =
        base == base_.end() ? std::nullopt : std::optional<Origin>(base->second->origin);
    if (stored->overrides == overrides) continue;
    auto again = std::make_shared<StoredThreshold>(*stored);
    again->overrides = overrides;
    stored = std::move(again);
  }
}

StoredThresholdPtr ThresholdStore::Find(const std::string& name) const {
  if (const auto it = changed_.find(name); it != changed_.end()) return it->second;
  const auto it = base_.find(name);
  return it == base_.end() ? nullptr : it->second;
}

StoredThresholdPtr ThresholdStore::Get(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return Find(name);
}

std::vector<StoredThresholdPtr> ThresholdStore::List() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, StoredThresholdPtr> all = base_;
  for (const auto& [name, stored] : changed_) all[name] = stored;
  std::vector<StoredThresholdPtr> list;
  list.reserve(all.size());
  for (const auto& [name, stored] : all) {
    if (stored) list.push_back(stored);
  }
  return list;
}

/// From the clock, so that a version (and with it an ETag) is not given twice, also across deletion and restart.
int64_t ThresholdStore::NextVersion() { return last_version_ = std::max(last_version_ + 1, clock_.NowMs()); }

bool ThresholdStore::IsFull(size_t more) const { return base_.size() + changed_.size() + more > kMaxThresholds; }

ThresholdStore::Step ThresholdStore::PutStep(const Threshold& threshold, const std::string& source,
                                             const char* action) {
  return {threshold.name, MakeStored(threshold, source, NextVersion()), false, action};
}

ThresholdStore::Step ThresholdStore::DeleteStep(const std::string& name) {
  const auto changed = changed_.find(name);
  const bool is_change = changed != changed_.end() && changed->second != nullptr;
  return {name, nullptr, !is_change, "deleted"};
}

void ThresholdStore::TrimHistory(sqlite3* handle, const std::vector<Step>& steps) {
  // Finding the place reads all that are kept: that is not worth it at each change.
  constexpr size_t kChangesATrim = 200;
  changes_since_trim_ += steps.size();
  if (changes_since_trim_ < kChangesATrim) return;
  changes_since_trim_ = 0;
  state::Statement trim(handle,
                        "DELETE FROM threshold_history WHERE name = ?1 AND version <= (SELECT version FROM "
                        "threshold_history WHERE name = ?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)");
  for (const Step& step : steps) trim.Bind(1, step.name).Bind(2, kMaxRevisions).Run();
  state::Statement(handle,
                   "DELETE FROM threshold_history WHERE version <= (SELECT version FROM threshold_history ORDER BY "
                   "version DESC LIMIT 1 OFFSET ?)")
      .Bind(1, kMaxAllRevisions)
      .Run();
}

void ThresholdStore::Apply(const std::vector<Step>& steps, const Edit& edit) {
  if (edit.dry_run || steps.empty()) return;
  database_.Transact([&](sqlite3* handle) {
    state::Statement write(
        handle, "INSERT OR REPLACE INTO thresholds (name, body, version, updated_ms, source) VALUES (?, ?, ?, ?, ?)");
    state::Statement remove(handle, "DELETE FROM thresholds WHERE name = ?");
    state::Statement revise(
        handle,
        "INSERT INTO threshold_history (name, version, at_ms, author, action, before, after) VALUES "
        "(?, ?, ?, ?, ?, ?, ?)");
    const int64_t now_ms = clock_.NowMs();
    for (const Step& step : steps) {
      const int64_t version = step.next ? step.next->version : NextVersion();
      if (step.next) {
        write.Bind(1, step.name).Bind(2, TextOf(step.next->threshold)).Bind(3, version).Bind(4, now_ms);
        step.next->source.empty() ? write.BindNull(5) : write.Bind(5, step.next->source);
        write.Run();
      } else if (step.tombstone) {
        write.Bind(1, step.name).BindNull(2).Bind(3, version).Bind(4, now_ms).BindNull(5);
        write.Run();
      } else {
        remove.Bind(1, step.name).Run();
      }
      const StoredThresholdPtr before = Find(step.name);
      const auto base = base_.find(step.name);
      const StoredThresholdPtr after = step.next || step.tombstone || base == base_.end() ? step.next : base->second;
      revise.Bind(1, step.name).Bind(2, version).Bind(3, now_ms).Bind(4, edit.author).Bind(5, step.action);
      before ? revise.Bind(6, TextOf(before->threshold)) : revise.BindNull(6);
      after ? revise.Bind(7, TextOf(after->threshold)) : revise.BindNull(7);
      revise.Run();
    }
    TrimHistory(handle, steps);
  });
  for (const Step& step : steps) {
    if (step.next || step.tombstone) {
      changed_[step.name] = step.next;
    } else {
      changed_.erase(step.name);
    }
  }
}

ThresholdStore::Change ThresholdStore::Create(const Threshold& threshold, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  if (Find(threshold.name)) return {Outcome::kTaken};
  if (IsFull(1)) return {Outcome::kFull};
  const Step step = PutStep(threshold, "", "created");
  Apply({step}, edit);
  return {Outcome::kDone, step.next, true};
}

ThresholdStore::Change ThresholdStore::Put(const Threshold& threshold, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  const StoredThresholdPtr present = Find(threshold.name);
  if (!edit.preconditions.Hold(present.get())) return {Outcome::kConflict};
  if (!present && IsFull(1)) return {Outcome::kFull};
  const Step step = PutStep(threshold, present ? present->source : "", present ? "updated" : "created");
  Apply({step}, edit);
  return {Outcome::kDone, step.next, !present};
}

ThresholdStore::Change ThresholdStore::Delete(const std::string& name, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  const StoredThresholdPtr present = Find(name);
  if (!present) return {Outcome::kUnknown};
  if (!edit.preconditions.Hold(present.get())) return {Outcome::kConflict};
  const Step step = DeleteStep(name);
  const auto base = base_.find(name);
  StoredThresholdPtr next = step.tombstone || base == base_.end() ? nullptr : base->second;
  Apply({step}, edit);
  return {Outcome::kDone, std::move(next)};
}

ThresholdStore::Change ThresholdStore::Restore(const std::string& name, int64_t version, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  const StoredThresholdPtr present = Find(name);
  if (!edit.preconditions.Hold(present.get())) return {Outcome::kConflict};
  if (version == 0) {
    const auto base = base_.find(name);
    if (base == base_.end()) return {Outcome::kUnknown};
    if (changed_.contains(name)) Apply({{name, nullptr, false, "restored"}}, edit);
    return {Outcome::kDone, base->second, !present};
  }
  std::string body;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT after FROM threshold_history WHERE name = ? AND version = ?");
    rows.Bind(1, name).Bind(2, version);
    if (rows.Step() && !rows.IsNull(0)) body = rows.Text(0);
  });
  if (body.empty()) return {Outcome::kUnknown};
  const ParsedThreshold parsed = ParseThreshold(nlohmann::json::parse(body, nullptr, false));
  if (!parsed.errors.empty()) return {Outcome::kUnusable};
  if (!present && IsFull(1)) return {Outcome::kFull};
  const Step step = PutStep(parsed.threshold, present ? present->source : "", "restored");
  Apply({step}, edit);
  return {Outcome::kDone, step.next, !present};
}

std::vector<ThresholdStore::Step> ThresholdStore::Plan(const std::vector<Threshold>& thresholds,
                                                       const std::string& source, BulkChange& change) {
  std::vector<Step> steps;
  for (size_t i = 0; i < thresholds.size(); ++i) {
    const Threshold& threshold = thresholds[i];
    const StoredThresholdPtr present = Find(threshold.name);
    const bool is_change = present && present->origin == Origin::kApi;
    if (!source.empty() && is_change && present->source != source) {
      change.taken.push_back(i);
      continue;
    }
    const std::string& owner = source.empty() && is_change ? present->source : source;
    if (present && present->source == owner && ToJson(present->threshold) == ToJson(threshold)) {
      ++change.unchanged;
      continue;
    }
    (present ? change.updated : change.created).push_back(threshold.name);
    steps.push_back(PutStep(threshold, owner, present ? "updated" : "created"));
  }
  if (!change.taken.empty()) change.outcome = Outcome::kTaken;
  if (IsFull(change.created.size())) change.outcome = Outcome::kFull;
  return steps;
}

ThresholdStore::BulkChange ThresholdStore::ReplaceSource(const std::string& source,
                                                         const std::vector<Threshold>& thresholds, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  BulkChange change;
  std::vector<Step> steps = Plan(thresholds, source, change);
  if (change.outcome != Outcome::kDone) return change;
  std::set<std::string> kept;
  for (const Threshold& threshold : thresholds) kept.insert(threshold.name);
  for (const auto& [name, stored] : changed_) {
    if (!stored || stored->source != source || kept.contains(name)) continue;
    change.deleted.push_back(name);
    steps.push_back(DeleteStep(name));
  }
  Apply(steps, edit);
  return change;
}

ThresholdStore::BulkChange ThresholdStore::PutAll(const std::vector<Threshold>& thresholds, const Edit& edit) {
  const std::lock_guard lock(mutex_);
  BulkChange change;
  const std::vector<Step> steps = Plan(thresholds, "", change);
  if (change.outcome == Outcome::kDone) Apply(steps, edit);
  return change;
}

std::vector<ThresholdRevision> ThresholdStore::History(const std::string& name, int64_t before, size_t limit) const {
  std::vector<ThresholdRevision> revisions;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle,
                          "SELECT version, at_ms, author, action, before, after FROM threshold_history WHERE name = ? "
                          "AND version < ? ORDER BY version DESC LIMIT ?");
    rows.Bind(1, name).Bind(2, before).Bind(3, static_cast<int64_t>(limit));
    while (rows.Step()) {
      revisions.push_back({rows.Integer(0), rows.Integer(1), rows.Text(2), rows.Text(3),
                           rows.IsNull(4) ? "" : rows.Text(4), rows.IsNull(5) ? "" : rows.Text(5)});
    }
  });
  return revisions;
}

}  // namespace tidemark::thresholds
