#include "analyzer/notify/acknowledgements.h"

namespace tidemark::notify {

Acknowledgements::Acknowledgements(state::Database& database) : database_(database) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT alert, firing_since_ms, at_ms, author, comment FROM acknowledgements");
    while (rows.Step()) by_alert_[rows.Text(0)] = {rows.Integer(1), rows.Integer(2), rows.Text(3), rows.Text(4)};
  });
}

void Acknowledgements::Put(const std::string& alert_id, const Acknowledgement& acknowledgement) {
  const std::lock_guard lock(mutex_);
  database_.Transact([&](sqlite3* handle) {
    state::Statement(handle,
                     "INSERT OR REPLACE INTO acknowledgements (alert, firing_since_ms, at_ms, author, comment) VALUES "
                     "(?, ?, ?, ?, ?)")
        .Bind(1, alert_id)
        .Bind(2, acknowledgement.firing_since_ms)
        .Bind(3, acknowledgement.at_ms)
        .Bind(4, acknowledgement.author)
        .Bind(5, acknowledgement.comment)
        .Run();
    state::Statement(
        handle,
        "DELETE FROM acknowledgements WHERE at_ms < (SELECT at_ms FROM acknowledgements ORDER BY at_ms DESC "
        "LIMIT 1 OFFSET ?)")
        .Bind(1, kMaxKept)
        .Run();
  });
  by_alert_[alert_id] = acknowledgement;
}

bool Acknowledgements::Remove(const std::string& alert_id) {
  const std::lock_guard lock(mutex_);
  if (!by_alert_.contains(alert_id)) return false;
  database_.Transact([&](sqlite3* handle) {
    state::Statement(handle, "DELETE FROM acknowledgements WHERE alert = ?").Bind(1, alert_id).Run();
  });
  by_alert_.erase(alert_id);
  return true;
}

std::optional<Acknowledgement> Acknowledgements::Get(const std::string& alert_id, int64_t firing_since_ms) const {
  const std::lock_guard lock(mutex_);
  const auto it = by_alert_.find(alert_id);
  if (it == by_alert_.end() || it->second.firing_since_ms != firing_since_ms) return std::nullopt;
  return it->second;
}

}  // namespace tidemark::notify
