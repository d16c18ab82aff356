#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/state/database.h"
#include "analyzer/thresholds/threshold.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark::thresholds {

/// A threshold as it is kept. Immutable: a change makes a new one.
struct StoredThreshold {
  Threshold threshold;
  enum class Origin { kShipped, kApi } origin = Origin::kApi;
  int64_t version = 0;  ///< rises with every change
  int64_t updated_ms = 0;

  /// Strong validator for If-Match.
  [[nodiscard]] std::string Etag() const { return "\"" + std::to_string(version) + "\""; }
};

using StoredThresholdPtr = std::shared_ptr<const StoredThreshold>;

/// All thresholds: the shipped ones, and over them what was created, changed or deleted over HTTP. A change is on the
/// disk before its call returns. All calls may be made from any thread. \throw state::DatabaseError from the changing
/// ones.
class ThresholdStore {
 public:
  /// Reads the database; a stored threshold that no longer parses is left out with a log line.
  ThresholdStore(state::Database& database, const Clock& clock, const Logger& logger);

  /// Replaces the shipped ones (start, reload). What HTTP changed stays on top.
  void SetShipped(std::vector<Threshold> shipped);

  [[nodiscard]] std::vector<StoredThresholdPtr> List() const;
  [[nodiscard]] StoredThresholdPtr Get(const std::string& name) const;

  enum class Outcome { kDone, kTaken, kUnknown, kConflict, kFull };
  struct Change {
    Outcome outcome;
    StoredThresholdPtr stored;  ///< with kDone
  };
  /// kTaken when the name is in use, kFull at kMaxThresholds.
  Change Create(Threshold threshold);
  /// Creates or replaces. With `if_match`, kConflict unless the present one has that ETag.
  Change Put(Threshold threshold, const std::optional<std::string>& if_match);
  /// A shipped one stays deleted until it is created again.
  Change Delete(const std::string& name, const std::optional<std::string>& if_match);

  static constexpr size_t kMaxThresholds = 10'000;

 private:
  int64_t NextVersion();
  void Persist(const StoredThreshold& stored, bool deleted);
  [[nodiscard]] StoredThresholdPtr Find(const std::string& name) const;

  state::Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards the maps
  std::map<std::string, StoredThresholdPtr> shipped_;
  std::map<std::string, StoredThresholdPtr> changed_;  // null: deleted
  int64_t last_version_ = 0;
};

}  // namespace tidemark::thresholds
