#pragma once

#include <stdexcept>

namespace tidemark::promql {

/// An expression that parses but cannot be evaluated on this data, e.g. many-to-many matching.
class EvalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The query's time was up.
class TimeoutError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whoever asked is gone.
class CancelledError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tidemark::promql
