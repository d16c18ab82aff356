#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/state/database.h"
#include "analyzer/thresholds/alert_tracker.h"

namespace tidemark::thresholds {

/// A name for an alert that stays: 16 hexadecimal digits of its threshold and labels.
std::string AlertId(std::string_view threshold, const storage::Labels& labels);

/// A change with the threshold that it is of.
struct NamedTransition {
  std::string threshold;
  Transition transition;
};

/// A change as it is kept.
struct AlertHistoryEntry {
  int64_t id = 0;  ///< rises
  int64_t at_ms = 0;
  std::string alert_id;
  std::string threshold;
  storage::Labels labels;
  AlertChange change = AlertChange::kPending;
  Level level = Level::kInfo;
  double value = 0;
  std::string explanation;  ///< as Explanation(Alert) gives it
};

/// Which changes are asked for: those that fit everything that is given, the newest first.
struct AlertHistoryFilter {
  std::optional<std::string> threshold{};
  std::optional<std::string> alert_id{};
  std::optional<std::string> instance{};
  std::optional<Level> level{};
  std::optional<AlertChange> change{};
  int64_t from_ms = 0;
  int64_t to_ms = INT64_MAX;
  int64_t before_id = INT64_MAX;
  size_t limit = 100;
};

/// What the database keeps of alerts: their states, so that a restart loses none, and the history of their changes. Any
/// thread may call. \throw state::DatabaseError
class AlertLog {
 public:
  explicit AlertLog(state::Database& database) : database_(database) {}

  struct SavedAlert {
    std::string threshold;
    Alert alert;
  };
  [[nodiscard]] std::vector<SavedAlert> Load() const;

  /// Adds changes to the history and makes the states what they are after them, in one transaction. A value that moves
  /// from one evaluation to the next is not worth a disk write.
  void Save(const std::vector<NamedTransition>& transitions, int64_t now_ms);

  [[nodiscard]] std::vector<AlertHistoryEntry> History(const AlertHistoryFilter& filter) const;

  static constexpr int64_t kMaxEntries = 100'000;

 private:
  state::Database& database_;
};

}  // namespace tidemark::thresholds
