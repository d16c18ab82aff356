#include "analyzer/state/schema.h"

#include <array>
#include <string>
#include <vector>

#include "analyzer/state/database.h"

namespace tidemark::state {
namespace {

/// kMigrations[i] brings a database from version i to i + 1. Never change one that was released: add another.
const std::array<std::vector<const char*>, 3> kMigrations{
    {{
         // `body` is the threshold as JSON, or NULL for a shipped one that was deleted.
         "CREATE TABLE thresholds (name TEXT PRIMARY KEY, body TEXT, version INTEGER NOT NULL, updated_ms INTEGER NOT "
         "NULL) "
         "WITHOUT ROWID",
         // One row for each alert that is not inactive; `labels` is a JSON object.
         "CREATE TABLE alerts (threshold TEXT NOT NULL, labels TEXT NOT NULL, state TEXT NOT NULL, level TEXT NOT "
         "NULL, "
         "value REAL, "
         "active_since_ms INTEGER NOT NULL, firing_since_ms INTEGER NOT NULL, level_since_ms INTEGER NOT NULL, "
         "last_active_ms INTEGER NOT NULL, resolved_ms INTEGER NOT NULL, PRIMARY KEY (threshold, labels)) WITHOUT "
         "ROWID",
         // `data` holds the samples of every indicator in [from_ms, to_ms], so that a baseline outlives the store's
         // retention.
         "CREATE TABLE baselines (name TEXT PRIMARY KEY, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, created_ms "
         "INTEGER NOT NULL, "
         "data TEXT NOT NULL) WITHOUT ROWID",
     },
     {
         // Who owns it by bulk changes; NULL: people.
         "ALTER TABLE thresholds ADD COLUMN source TEXT",
         // `before` and `after` are the threshold as JSON, or NULL where there is none.
         "CREATE TABLE threshold_history (name TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL, author "
         "TEXT "
         "NOT NULL, action TEXT NOT NULL, before TEXT, after TEXT, PRIMARY KEY (name, version)) WITHOUT ROWID",
         "CREATE INDEX threshold_history_by_version ON threshold_history (version)",
         // What is not in the other columns, as a JSON object.
         "ALTER TABLE alerts ADD COLUMN detail TEXT",
         // One row for each change of an alert's state or level.
         "CREATE TABLE alert_history (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, alert TEXT NOT "
         "NULL, "
         "threshold TEXT NOT NULL, labels TEXT NOT NULL, change TEXT NOT NULL, level TEXT NOT NULL, value REAL, "
         "explanation "
         "TEXT NOT NULL)",
         "CREATE INDEX alert_history_by_threshold ON alert_history (threshold)",
         "CREATE INDEX alert_history_by_alert ON alert_history (alert)",
     },
     {
         // `body` is the silence as JSON.
         "CREATE TABLE silences (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
         "CREATE TABLE acknowledgements (alert TEXT PRIMARY KEY, firing_since_ms INTEGER NOT NULL, at_ms INTEGER NOT "
         "NULL, "
         "author TEXT NOT NULL, comment TEXT NOT NULL) WITHOUT ROWID",
         // Alerts that receivers may know of; `body` is the message as JSON.
         "CREATE TABLE notification_alerts (fingerprint TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
         // What an integration was told last of a group: lists of fingerprints as JSON.
         "CREATE TABLE notification_log (integration TEXT NOT NULL, group_key TEXT NOT NULL, at_ms INTEGER NOT NULL, "
         "firing "
         "TEXT NOT NULL, resolved TEXT NOT NULL, PRIMARY KEY (integration, group_key)) WITHOUT ROWID",
         "CREATE TABLE dead_letters (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, receiver TEXT NOT "
         "NULL, "
         "integration TEXT NOT NULL, error TEXT NOT NULL, body TEXT NOT NULL)",
     }}};

}  // namespace

void MigrateSchema(sqlite3* database) {
  Statement read_version(database, "PRAGMA user_version");
  read_version.Step();
  const int64_t version = read_version.Integer(0);
  if (version > static_cast<int64_t>(kMigrations.size())) {
    throw DatabaseError("database was written by a newer release (schema " + std::to_string(version) +
                        "); use that release or another --storage.path");
  }
  for (size_t i = static_cast<size_t>(version); i < kMigrations.size(); ++i) {
    for (const char* sql : kMigrations[i]) Statement(database, sql).Run();
  }
  Statement(database, "PRAGMA user_version = " + std::to_string(kMigrations.size())).Run();
}

}  // namespace tidemark::state
