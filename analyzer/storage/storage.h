#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "analyzer/storage/labels.h"
#include "analyzer/storage/matcher.h"
#include "analyzer/storage/sample.h"

namespace tidemark::storage {

struct SeriesSamples {
  Labels labels;
  std::vector<Sample> samples;  ///< by rising timestamp
};

inline constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxTime = std::numeric_limits<int64_t>::max();

/// A read that cannot be answered: too large, or a remote engine failed. The message is for the user.
class QueryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reading, whatever holds the samples: the embedded store here, or a remote engine later. Any thread may call.
class Queryable {
 public:
  virtual ~Queryable() = default;

  /// Series that match every matcher and have a sample in [from_ms, to_ms], by labels, with those samples.
  /// \throw QueryError when there would be more than `max_samples` of them.
  [[nodiscard]] virtual std::vector<SeriesSamples> Select(std::span<const Matcher> matchers, int64_t from_ms,
                                                          int64_t to_ms, size_t max_samples) const = 0;
  /// Labels of the series that match and have a sample in the range, by labels.
  [[nodiscard]] virtual std::vector<Labels> Series(std::span<const Matcher> matchers, int64_t from_ms,
                                                   int64_t to_ms) const = 0;
};

/// A series inside the store that gave it out; 0 is none.
using SeriesRef = uint64_t;

struct Write {
  /// From an earlier Append of the same series, or 0. Set by Append.
  SeriesRef ref = 0;
  /// Looked at only when `ref` is 0 or no longer known.
  Labels labels;
  Sample sample;
};

struct AppendResult {
  size_t appended = 0;
  size_t out_of_order = 0;    ///< older than the series' newest sample
  size_t duplicate = 0;       ///< same timestamp with another value
  size_t refused_series = 0;  ///< new series that did not fit the store's bounds
};

/// Writing. Append may be called from any thread; one call is one unit for readers and for durability.
class Appendable {
 public:
  virtual ~Appendable() = default;
  virtual AppendResult Append(std::span<Write> writes) = 0;
};

}  // namespace tidemark::storage
