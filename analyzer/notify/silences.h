#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/state/database.h"
#include "analyzer/storage/labels.h"
#include "analyzer/storage/matcher.h"
#include "common/http/problem.h"
#include "common/time_interval.h"

namespace tidemark::notify {

/// Alerts that fit all matchers are not told of from start to end, and with `active_during` only at those times within:
/// a maintenance window that recurs.
struct Silence {
  std::string id;
  std::vector<storage::Matcher> matchers;
  int64_t starts_ms = 0;
  int64_t ends_ms = 0;
  TimeIntervals active_during;  ///< none: always
  std::string created_by;
  std::string comment;
  int64_t updated_ms = 0;

  [[nodiscard]] bool IsActiveAt(int64_t time_ms) const;
  /// "pending", "active", "waiting" (between the times of one that recurs) or "expired".
  [[nodiscard]] const char* StatusAt(int64_t time_ms) const;
};

struct ParsedSilence {
  Silence silence;
  std::vector<http::FieldError> errors;
};
/// Reads a body in Alertmanager's form: matchers ([{"name", "value", "isRegex", "isEqual"}] or texts such as
/// 'severity="warning"'), startsAt (now), endsAt or duration, createdBy, comment, id (of one to replace); and
/// active_during.
ParsedSilence ParseSilence(const nlohmann::json& body, int64_t now_ms);
/// The same form, with the status.
nlohmann::ordered_json ToJson(const Silence& silence, int64_t now_ms);

/// All silences. A change is on the disk before its call returns; ended ones are kept for a while. Any thread may call.
/// \throw state::DatabaseError
class Silences {
 public:
  explicit Silences(state::Database& database);

  enum class Outcome { kDone, kUnknown, kFull };
  /// Adds one and gives it an id, or replaces the one with its id.
  Outcome Put(Silence& silence, int64_t now_ms);
  /// Ends one now.
  Outcome Expire(const std::string& id, int64_t now_ms);

  [[nodiscard]] std::vector<Silence> List() const;
  [[nodiscard]] std::optional<Silence> Get(const std::string& id) const;
  /// Ids of those that are active and fit.
  [[nodiscard]] std::vector<std::string> Silencing(const storage::Labels& labels, int64_t now_ms) const;

  static constexpr size_t kMaxSilences = 10'000;
  static constexpr int64_t kExpiredKeptMs = 5LL * 24 * 3'600'000;

 private:
  void Write(const Silence& silence, int64_t now_ms);

  state::Database& database_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, Silence> silences_;
};

}  // namespace tidemark::notify
