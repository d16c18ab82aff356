#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "analyzer/state/database.h"

namespace tidemark::notify {

/// Somebody looks after an alert: receivers are told of its end, and not again that it fires. It counts for as long as
/// that alert fires.
struct Acknowledgement {
  int64_t firing_since_ms = 0;  ///< of the alert when it was acknowledged
  int64_t at_ms = 0;
  std::string author;
  std::string comment;
};

/// All acknowledgements, by the ids of alerts. A change is on the disk before its call returns. Any thread may call.
/// \throw state::DatabaseError
class Acknowledgements {
 public:
  explicit Acknowledgements(state::Database& database);

  void Put(const std::string& alert_id, const Acknowledgement& acknowledgement);
  /// False: there was none.
  bool Remove(const std::string& alert_id);
  /// That of an alert which fires since a time.
  [[nodiscard]] std::optional<Acknowledgement> Get(const std::string& alert_id, int64_t firing_since_ms) const;

 private:
  /// So many of the newest are kept.
  static constexpr int64_t kMaxKept = 10'000;

  state::Database& database_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, Acknowledgement> by_alert_;
};

}  // namespace tidemark::notify
