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
#include "common/http/problem.h"
#include "common/log.h"

namespace tidemark::thresholds {

/// Where a threshold comes from: those that are shipped, the configuration's threshold_files, or a change over HTTP.
enum class Origin { kShipped, kFile, kApi };
const char* OriginName(Origin origin);

/// A threshold as it is kept. Immutable: a change makes a new one.
struct StoredThreshold {
  Threshold threshold;
  Origin origin = Origin::kApi;
  std::optional<Origin> overrides{};  ///< of one over HTTP: what comes back when it is deleted
  std::string source{};               ///< the tool that owns it by bulk changes; empty: people
  int64_t version = 0;                ///< of changes over HTTP; rises with every one
  int64_t updated_ms = 0;
  std::string etag{};  ///< strong validator
};

using StoredThresholdPtr = std::shared_ptr<const StoredThreshold>;

/// Conditions of a change (RFC 9110, sections 13.1.1 and 13.1.2): lists of entity tags, or "*".
struct Preconditions {
  std::string if_match;       ///< empty: none
  std::string if_none_match;  ///< empty: none

  [[nodiscard]] bool Hold(const StoredThreshold* present) const;
};
/// Whether a list of entity tags, or "*", has `etag`. Weak tags match nothing.
bool HasEtag(std::string_view list, std::string_view etag);

/// One change of a threshold.
struct ThresholdRevision {
  int64_t version = 0;
  int64_t at_ms = 0;
  std::string author;  ///< user name, or the client's address
  std::string action;  ///< created, updated, deleted, restored
  std::string before;  ///< JSON; empty: there was none
  std::string after;   ///< JSON; empty: there is none
};

/// All thresholds: the shipped ones and those of files, and over them what was created, changed or deleted over HTTP. A
/// change is on the disk, with who made it, before its call returns. All calls may be made from any thread.
/// \throw state::DatabaseError from the changing ones and from History.
class ThresholdStore {
 public:
  /// Reads the database; a stored threshold that no longer parses is left out with a log line.
  ThresholdStore(state::Database& database, const Clock& clock, const Logger& logger);

  /// Replaces what files say (start, reload): of two with one name that of `files` counts. What HTTP changed stays on
  /// top.
  void SetBase(const std::vector<Threshold>& shipped, const std::vector<Threshold>& files);

  [[nodiscard]] std::vector<StoredThresholdPtr> List() const;
  [[nodiscard]] StoredThresholdPtr Get(const std::string& name) const;

  enum class Outcome { kDone, kTaken, kUnknown, kConflict, kFull, kUnusable };
  struct Change {
    Outcome outcome;
    StoredThresholdPtr stored{};  ///< with kDone: what is there now (of a deletion: what comes back, or null)
    bool created = false;
  };
  /// Who makes a change, and whether it is only tried.
  struct Edit {
    std::string author;
    Preconditions preconditions{};
    bool dry_run = false;
  };
  /// kTaken when the name is in use, kFull at kMaxThresholds.
  Change Create(const Threshold& threshold, const Edit& edit);
  /// Creates or replaces; kConflict unless the preconditions hold.
  Change Put(const Threshold& threshold, const Edit& edit);
  /// A change over HTTP goes, and what a file says comes back; one of a file itself stays deleted until it is restored
  /// or created again.
  Change Delete(const std::string& name, const Edit& edit);
  /// Puts back what a change had made (its version), or with version 0 what the files say. kUnknown when there is no
  /// such version or it was a deletion, kUnusable when it no longer parses.
  Change Restore(const std::string& name, int64_t version, const Edit& edit);

  /// What a bulk change does, by names.
  struct BulkChange {
    Outcome outcome = Outcome::kDone;
    std::vector<std::string> created;
    std::vector<std::string> updated;
    std::vector<std::string> deleted;
    size_t unchanged = 0;
    std::vector<size_t> taken;  ///< kTaken: which of the given ones belong to somebody else
  };
  /// Makes the set of a source what is given, as a whole or not at all: kTaken when a name is of people or of another
  /// source.
  BulkChange ReplaceSource(const std::string& source, const std::vector<Threshold>& thresholds, const Edit& edit);
  /// Creates or replaces all, as a whole or not at all. Whose they are stays.
  BulkChange PutAll(const std::vector<Threshold>& thresholds, const Edit& edit);

  /// Changes of a threshold, the newest first: at most `limit` with versions below `before`.
  [[nodiscard]] std::vector<ThresholdRevision> History(const std::string& name, int64_t before, size_t limit) const;

  static constexpr size_t kMaxThresholds = 10'000;
  /// Kept of one threshold, and of all; a few more until they are next counted.
  static constexpr int64_t kMaxRevisions = 10'000;
  static constexpr int64_t kMaxAllRevisions = 100'000;

 private:
  /// One step of a change: what a name holds next. Null: nothing that HTTP changed; `tombstone`: what files say is
  /// deleted.
  struct Step {
    std::string name;
    StoredThresholdPtr next;
    bool tombstone = false;
    const char* action;
  };

  int64_t NextVersion();
  [[nodiscard]] StoredThresholdPtr Find(const std::string& name) const;
  [[nodiscard]] StoredThresholdPtr MakeStored(Threshold threshold, const std::string& source, int64_t version) const;
  [[nodiscard]] bool IsFull(size_t more) const;
  [[nodiscard]] Step PutStep(const Threshold& threshold, const std::string& source, const char* action);
  [[nodiscard]] Step DeleteStep(const std::string& name);
  /// Drops the oldest revisions of the names that the steps are of, and of all, past their bounds. Inside a
  /// transaction.
  void TrimHistory(sqlite3* handle, const std::vector<Step>& steps);
  /// Writes the steps in one transaction and then makes them true; a dry run does neither.
  void Apply(const std::vector<Step>& steps, const Edit& edit);
  /// Plans a bulk change, all of whose thresholds get a source (of those that are there: empty keeps theirs).
  std::vector<Step> Plan(const std::vector<Threshold>& thresholds, const std::string& source, BulkChange& change);

  state::Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, StoredThresholdPtr> base_;
  std::map<std::string, StoredThresholdPtr> changed_;  // null: deleted
  int64_t last_version_ = 0;
  size_t changes_since_trim_ = 0;
};

}  // namespace tidemark::thresholds
