#pragma once

struct sqlite3;

namespace tidemark::state {

/// Creates what is missing and upgrades what is old, inside the caller's transaction. The version is in PRAGMA
/// user_version. \throw DatabaseError, also for a file that a newer release wrote.
void MigrateSchema(sqlite3* database);

}  // namespace tidemark::state
