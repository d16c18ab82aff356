#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/state/database.h"

namespace tidemark::state {

/// A named window of the past with the values of every indicator's series in it, kept longer than the samples.
struct Baseline {
  std::string name;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  int64_t created_ms = 0;
  /// Values by indicator and series (its labels as text).
  std::map<std::string, std::map<std::string, std::vector<double>>> values;
};

/// Named baselines in the database. All calls may be made from any thread. \throw DatabaseError
class BaselineStore {
 public:
  explicit BaselineStore(Database& database) : database_(database) {}

  static constexpr size_t kMaxBaselines = 100;

  enum class Outcome { kDone, kTaken, kFull };
  Outcome Create(const Baseline& baseline);
  bool Delete(const std::string& name);
  [[nodiscard]] std::optional<Baseline> Get(const std::string& name) const;
  /// Without their values.
  [[nodiscard]] std::vector<Baseline> List() const;

 private:
  Database& database_;
};

}  // namespace tidemark::state
