#include "analyzer/notify/notification_log.h"

#include <nlohmann/json.hpp>

#include "analyzer/storage/labels_json.h"
#include "common/json_values.h"

namespace tidemark::notify {
namespace {

using nlohmann::json;

std::set<std::string> SetOf(const std::string& text) {
  const json list = json::parse(text, nullptr, false);
  return list.is_array() ? list.get<std::set<std::string>>() : std::set<std::string>();
}

std::string TextOf(const SavedAlert& saved) {
  const AlertMessage& message = saved.message;
  return DumpJson(json{{"labels", storage::LabelsJson(message.labels)},
                       {"annotations", message.annotations},
                       {"starts_at_ms", message.starts_at_ms},
                       {"ends_at_ms", message.ends_at_ms},
                       {"generator_url", message.generator_url},
                       {"alert_id", message.alert_id},
                       {"has_ended", saved.has_ended}});
}

SavedAlert SavedAlertOf(const json& body) {
  AlertMessage message;
  message.labels = storage::LabelsFromJson(body.at("labels"));
  message.annotations = body.at("annotations").get<std::map<std::string, std::string>>();
  message.starts_at_ms = body.at("starts_at_ms").get<int64_t>();
  message.ends_at_ms = body.at("ends_at_ms").get<int64_t>();
  message.generator_url = body.at("generator_url").get<std::string>();
  message.alert_id = body.at("alert_id").get<std::string>();
  return {std::move(message), body.at("has_ended").get<bool>()};
}

}  // namespace

NotificationLog::NotificationLog(state::Database& database) : database_(database) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT integration, group_key, at_ms, firing, resolved FROM notification_log");
    while (rows.Step())
      told_[{rows.Text(0), rows.Text(1)}] = {rows.Integer(2), SetOf(rows.Text(3)), SetOf(rows.Text(4))};
  });
}

std::vector<SavedAlert> NotificationLog::LoadAlerts() const {
  std::vector<SavedAlert> alerts;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT body FROM notification_alerts");
    while (rows.Step()) {
      try {
        alerts.push_back(SavedAlertOf(json::parse(rows.Text(0))));
      } catch (const json::exception&) {
        // Not one of ours: it is passed over.
      }
    }
  });
  return alerts;
}

void NotificationLog::SaveAlerts(const std::map<std::string, SavedAlert>& added,
                                 const std::vector<std::string>& forgotten) {
  if (added.empty() && forgotten.empty()) return;
  database_.Transact([&](sqlite3* handle) {
    state::Statement write(handle, "INSERT OR REPLACE INTO notification_alerts (fingerprint, body) VALUES (?, ?)");
    for (const auto& [fingerprint, saved] : added) write.Bind(1, fingerprint).Bind(2, TextOf(saved)).Run();
    state::Statement remove(handle, "DELETE FROM notification_alerts WHERE fingerprint = ?");
    for (const std::string& fingerprint : forgotten) remove.Bind(1, fingerprint).Run();
  });
}

ToldGroup NotificationLog::Told(const std::string& integration, const std::string& group_key) const {
  const std::lock_guard lock(mutex_);
  const auto it = told_.find({integration, group_key});
  return it == told_.end() ? ToldGroup{} : it->second;
}

void NotificationLog::SetTold(const std::string& integration, const std::string& group_key, const ToldGroup& told) {
  const std::lock_guard lock(mutex_);
  database_.Transact([&](sqlite3* handle) {
    state::Statement(handle,
                     "INSERT OR REPLACE INTO notification_log (integration, group_key, at_ms, firing, resolved) VALUES "
                     "(?, ?, ?, ?, ?)")
        .Bind(1, integration)
        .Bind(2, group_key)
        .Bind(3, told.at_ms)
        .Bind(4, DumpJson(json(told.firing)))
        .Bind(5, DumpJson(json(told.resolved)))
        .Run();
    state::Statement(handle, "DELETE FROM notification_log WHERE at_ms < ?").Bind(1, told.at_ms - kToldKeptMs).Run();
  });
  std::erase_if(told_, [&](const auto& one) { return one.second.at_ms < told.at_ms - kToldKeptMs; });
  told_[{integration, group_key}] = told;
}

void NotificationLog::AddDeadLetter(const DeadLetter& letter) {
  database_.Transact([&](sqlite3* handle) {
    state::Statement(handle,
                     "INSERT INTO dead_letters (at_ms, receiver, integration, error, body) VALUES (?, ?, ?, ?, ?)")
        .Bind(1, letter.at_ms)
        .Bind(2, letter.receiver)
        .Bind(3, letter.integration)
        .Bind(4, letter.error)
        .Bind(5, letter.body)
        .Run();
    state::Statement(handle, "DELETE FROM dead_letters WHERE id <= (SELECT max(id) FROM dead_letters) - ?")
        .Bind(1, kMaxDeadLetters)
        .Run();
  });
}

std::vector<DeadLetter> NotificationLog::DeadLetters(const std::string& receiver, int64_t before_id,
                                                     size_t limit) const {
  std::vector<DeadLetter> letters;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(
        handle,
        "SELECT id, at_ms, receiver, integration, error, body FROM dead_letters WHERE receiver = ? AND "
        "id < ? ORDER BY id DESC LIMIT ?");
    rows.Bind(1, receiver).Bind(2, before_id).Bind(3, static_cast<int64_t>(limit));
    while (rows.Step()) {
      letters.push_back({rows.Integer(0), rows.Integer(1), rows.Text(2), rows.Text(3), rows.Text(4), rows.Text(5)});
    }
  });
  return letters;
}

int64_t NotificationLog::CountDeadLetters(const std::string& receiver) const {
  int64_t count = 0;
  database_.Transact([&](sqlite3* handle) {
    state::Statement rows(handle, "SELECT count(*) FROM dead_letters WHERE receiver = ?");
    rows.Bind(1, receiver);
    if (rows.Step()) count = rows.Integer(0);
  });
  return count;
}

}  // namespace tidemark::notify
