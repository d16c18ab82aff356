#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "analyzer/notify/alert_message.h"
#include "analyzer/state/database.h"

namespace tidemark::notify {

/// What an integration of a receiver was told last of a group.
struct ToldGroup {
  int64_t at_ms = 0;  ///< 0: nothing yet
  std::set<std::string> firing;
  std::set<std::string> resolved;
};

/// An alert that receivers may know of.
struct SavedAlert {
  AlertMessage message;
  bool has_ended = false;  ///< when it was saved
};

/// A notification that was given up.
struct DeadLetter {
  int64_t id = 0;  ///< rises
  int64_t at_ms = 0;
  std::string receiver;
  std::string integration;
  std::string error;
  std::string body;  ///< Alertmanager's version 4
};

/// What the database keeps of notifications, so that none is lost or told anew by a restart. All calls may be made from
/// any thread. \throw state::DatabaseError
class NotificationLog {
 public:
  explicit NotificationLog(state::Database& database);

  /// The alerts that receivers may know of, from before the restart.
  [[nodiscard]] std::vector<SavedAlert> LoadAlerts() const;
  /// Adds some, by fingerprint, and forgets others.
  void SaveAlerts(const std::map<std::string, SavedAlert>& added, const std::vector<std::string>& forgotten);

  /// `integration` is "receiver/webhook[0]".
  [[nodiscard]] ToldGroup Told(const std::string& integration, const std::string& group_key) const;
  void SetTold(const std::string& integration, const std::string& group_key, const ToldGroup& told);

  void AddDeadLetter(const DeadLetter& letter);
  /// The newest first, with ids below `before_id`.
  [[nodiscard]] std::vector<DeadLetter> DeadLetters(const std::string& receiver, int64_t before_id, size_t limit) const;
  [[nodiscard]] int64_t CountDeadLetters(const std::string& receiver) const;

  static constexpr int64_t kMaxDeadLetters = 1000;
  /// A group of which nothing was told for so long is forgotten.
  static constexpr int64_t kToldKeptMs = 31LL * 24 * 3'600'000;

 private:
  state::Database& database_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::pair<std::string, std::string>, ToldGroup> told_;
};

}  // namespace tidemark::notify
