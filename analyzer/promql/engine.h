#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/promql/evaluator.h"
#include "analyzer/promql/parser.h"
#include "analyzer/promql/query_gate.h"

namespace tidemark::promql {

struct EngineOptions {
  int64_t lookback_ms = 5 * 60'000;
  int64_t default_step_ms = 60'000;  ///< of sub-queries without a step
  size_t max_samples = 50'000'000;   ///< loaded and computed by one query
  std::chrono::milliseconds timeout{120'000};
  size_t max_concurrency = 20;  ///< queries of clients at a time; more wait in line
};

/// What belongs to one query of a client.
struct ClientQuery {
  std::chrono::milliseconds timeout;                     ///< if shorter than the engine's
  std::shared_ptr<const std::atomic<bool>> client_gone;  ///< may be null
  int64_t lookback_ms = 0;                               ///< 0: the engine's
};

/// Most points a range query may ask for in one series, as Prometheus has it.
inline constexpr size_t kMaxRangePoints = 11'000;

/// A whole answer. `type` says what it is: a scalar or a string; an instant vector, which is `vector` with one step; a
/// matrix, which is `vector` with many for a range query and `ranges` of an instant query for a range vector.
struct QueryResult {
  ValueType type = ValueType::kVector;
  Steps steps;
  StepVector vector{};
  std::vector<storage::SeriesSamples> ranges{};
  double scalar = 0;
  std::string text{};
  QueryStatistics statistics{};
};

/// Evaluates PromQL over a store. A query that is alone takes a second thread when it has much to compute. Any thread
/// may call.
class Engine {
 public:
  Engine(const storage::Queryable& storage, const EngineOptions& options)
      : storage_(storage), options_(options), gate_(options.max_concurrency) {}

  /// At one time. With `client` it waits for its turn; what the analyzer asks itself goes ahead.
  /// \throw EvalError, TimeoutError, CancelledError, storage::QueryError
  [[nodiscard]] QueryResult Instant(const Expr& expr, int64_t time_ms,
                                    const std::optional<ClientQuery>& client = {}) const;
  /// At every step from start to end. `expr` is a scalar or an instant vector. \throw as Instant
  [[nodiscard]] QueryResult Range(const Expr& expr, const Steps& steps,
                                  const std::optional<ClientQuery>& client = {}) const;

  /// Evaluates an instant vector or scalar (a scalar becomes one series without labels): one sample a series.
  /// \throw EvalError also for any other type, and as Instant
  [[nodiscard]] std::vector<storage::SeriesSamples> InstantVector(const Expr& expr, int64_t time_ms) const;
  /// \throw ParseError too
  [[nodiscard]] std::vector<storage::SeriesSamples> InstantVector(std::string_view query, int64_t time_ms) const;
  /// The series of Range with the samples they have.
  [[nodiscard]] std::vector<storage::SeriesSamples> RangeSeries(const Expr& expr, const Steps& steps,
                                                                const std::optional<ClientQuery>& client = {}) const;

  [[nodiscard]] const storage::Queryable& storage() const { return storage_; }
  [[nodiscard]] const EngineOptions& options() const { return options_; }

 private:
  class Running;

  const storage::Queryable& storage_;
  const EngineOptions options_;
  mutable QueryGate gate_;
};

}  // namespace tidemark::promql
