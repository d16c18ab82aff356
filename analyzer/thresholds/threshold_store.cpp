#include "analyzer/thresholds/threshold_store.h"

#include <nlohmann/json.hpp>

namespace tidemark::thresholds {

using Outcome = ThresholdStore::Outcome;

ThresholdStore::ThresholdStore(state::Database& database, const Clock& clock, const Logger& logger)
    : database_(database), clock_(clock) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT name, body, version, updated_ms FROM thresholds");
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
      changed_[name] = std::make_shared<const StoredThreshold>(StoredThreshold{
          std::move(parsed.threshold), StoredThreshold::Origin::kApi, rows.Integer(2), rows.Integer(3)});
    }
  });
}

void ThresholdStore::SetShipped(std::vector<Threshold> shipped) {
  const std::lock_guard lock(mutex_);
  shipped_.clear();
  for (Threshold& threshold : shipped) {
    const std::string name = threshold.name;
    shipped_[name] = std::make_shared<const StoredThreshold>(
        StoredThreshold{std::move(threshold), StoredThreshold::Origin::kShipped, 0, 0});
  }
}

StoredThresholdPtr ThresholdStore::Find(const std::string& name) const {
  if (const auto it = changed_.find(name); it != changed_.end()) return it->second;
  const auto it = shipped_.find(name);
  return it == shipped_.end() ? nullptr : it->second;
}

StoredThresholdPtr ThresholdStore::Get(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return Find(name);
}

std::vector<StoredThresholdPtr> ThresholdStore::List() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, StoredThresholdPtr> all = shipped_;
  for (const auto& [name, stored] : changed_) all[name] = stored;
  std::vector<StoredThresholdPtr> list;
  for (const auto& [name, stored] : all) {
    if (stored) list.push_back(stored);
  }
  return list;
}

void ThresholdStore::Persist(const StoredThreshold& stored, bool deleted) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement statement(
        handle, "INSERT OR REPLACE INTO thresholds (name, body, version, updated_ms) VALUES (?, ?, ?, ?)");
    statement.Bind(1, stored.threshold.name).Bind(3, stored.version).Bind(4, stored.updated_ms);
    deleted ? statement.BindNull(2) : statement.Bind(2, ToJson(stored.threshold).dump());
    statement.Run();
  });
}

/// From the clock, so that a version (and with it an ETag) is not given twice, also across deletion and restart.
int64_t ThresholdStore::NextVersion() { return last_version_ = std::max(last_version_ + 1, clock_.NowMs()); }

ThresholdStore::Change ThresholdStore::Create(Threshold threshold) {
  const std::lock_guard lock(mutex_);
  if (Find(threshold.name)) return {Outcome::kTaken, nullptr};
  if (changed_.size() + shipped_.size() >= kMaxThresholds) return {Outcome::kFull, nullptr};
  auto stored = std::make_shared<const StoredThreshold>(
      StoredThreshold{std::move(threshold), StoredThreshold::Origin::kApi, NextVersion(), clock_.NowMs()});
  Persist(*stored, false);
  changed_[stored->threshold.name] = stored;
  return {Outcome::kDone, stored};
}

ThresholdStore::Change ThresholdStore::Put(Threshold threshold, const std::optional<std::string>& if_match) {
  const std::lock_guard lock(mutex_);
  const StoredThresholdPtr present = Find(threshold.name);
  if (if_match && (!present || (*if_match != "*" && *if_match != present->Etag())))
    return {Outcome::kConflict, nullptr};
  if (!present && changed_.size() + shipped_.size() >= kMaxThresholds) return {Outcome::kFull, nullptr};
  auto stored = std::make_shared<const StoredThreshold>(
      StoredThreshold{std::move(threshold), StoredThreshold::Origin::kApi, NextVersion(), clock_.NowMs()});
  Persist(*stored, false);
  changed_[stored->threshold.name] = stored;
  return {Outcome::kDone, stored};
}

ThresholdStore::Change ThresholdStore::Delete(const std::string& name, const std::optional<std::string>& if_match) {
  const std::lock_guard lock(mutex_);
  const StoredThresholdPtr present = Find(name);
  if (!present) return {Outcome::kUnknown, nullptr};
  if (if_match && *if_match != "*" && *if_match != present->Etag()) return {Outcome::kConflict, nullptr};
  if (shipped_.contains(name)) {
    StoredThreshold deleted = *present;
    deleted.version = NextVersion();
    deleted.updated_ms = clock_.NowMs();
    Persist(deleted, true);
    changed_[name] = nullptr;
  } else {
    database_.Transact([&](sqlite3* handle) {
      state::Statement(handle, "DELETE FROM thresholds WHERE name = ?").Bind(1, name).Run();
    });
    changed_.erase(name);
  }
  return {Outcome::kDone, present};
}

}  // namespace tidemark::thresholds
