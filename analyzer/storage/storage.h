#pragma once

#include <cstdint>
#include <limits>
#include <memory>
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

/// Series that were selected, to be read one by one, so that no more than one of them need be in memory. Must not
/// outlive what it was opened from. Any thread may call.
class Selection {
 public:
  virtual ~Selection() = default;

  [[nodiscard]] virtual size_t size() const = 0;
  /// By rising labels.
  [[nodiscard]] virtual const Labels& labels(size_t index) const = 0;
  /// Replaces `samples` by those of one series in the range that was asked for, by rising time; there may be none.
  virtual void Read(size_t index, std::vector<Sample>& samples) const = 0;
};

/// Reading, whatever holds the samples: the embedded store here, or a remote engine later. Any thread may call.
class Queryable {
 public:
  virtual ~Queryable() = default;

  /// Series that match every matcher and may have a sample in [from_ms, to_ms]. \throw QueryError
  [[nodiscard]] virtual std::unique_ptr<const Selection> Open(std::span<const Matcher> matchers, int64_t from_ms,
                                                              int64_t to_ms) const = 0;
  /// The same, of which Read may leave out all samples but the newest in the range.
  [[nodiscard]] virtual std::unique_ptr<const Selection> OpenNewest(std::span<const Matcher> matchers, int64_t from_ms,
                                                                    int64_t to_ms) const {
    return Open(matchers, from_ms, to_ms);
  }
  /// What Open finds, read at once: series that have a sample there, by labels.
  /// \throw QueryError when there would be more than `max_samples` of them.
  [[nodiscard]] std::vector<SeriesSamples> Select(std::span<const Matcher> matchers, int64_t from_ms, int64_t to_ms,
                                                  size_t max_samples) const;
  /// Labels of the series that match and have a sample in the range, by labels.
  [[nodiscard]] virtual std::vector<Labels> Series(std::span<const Matcher> matchers, int64_t from_ms,
                                                   int64_t to_ms) const = 0;
};

/// A series inside the store that gave it out; 0 is none.
using SeriesRef = uint64_t;

/// A sample for a known series.
struct SeriesWrite {
  SeriesRef ref = 0;
  Sample sample;
};

struct AppendResult {
  size_t appended = 0;
  size_t out_of_order = 0;    ///< older than the series' newest sample
  size_t duplicate = 0;       ///< same timestamp with another value
  size_t out_of_bounds = 0;   ///< a timestamp that no clock shows (|t| > kTimeBoundMs)
  size_t unknown_series = 0;  ///< of a reference that is 0 or whose series is gone; ask for it anew
  bool durable = true;        ///< false: the disk refused, what was appended is in memory only
};

/// Timestamps beyond are refused, so that the difference of any two can be computed.
inline constexpr int64_t kTimeBoundMs = int64_t{1} << 61;

/// Writing. May be called from any thread.
class Appendable {
 public:
  virtual ~Appendable() = default;

  /// The reference of a series, which is made when it is new; 0 when it does not fit the store's bounds.
  virtual SeriesRef RefOf(const Labels& labels) = 0;
  /// Appends samples in their order. Up to kAtomicWrites of them become visible to readers at once.
  virtual AppendResult Append(std::span<const SeriesWrite> writes) = 0;
  static constexpr size_t kAtomicWrites = 4096;
  /// Returns when everything that was appended before is safe against a loss of power; false when the disk refused.
  virtual bool Sync() = 0;
};

}  // namespace tidemark::storage
