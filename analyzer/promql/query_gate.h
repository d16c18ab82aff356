#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace tidemark::promql {

/// Lets so many queries run at a time; the others wait in line. Any thread may call.
class QueryGate {
 public:
  explicit QueryGate(size_t most) : most_(most) {}

  /// One query that runs, as long as the object lives.
  class Pass {
   public:
    Pass(QueryGate& gate, bool is_first) : gate_(gate), is_first_(is_first) {}
    ~Pass() { gate_.Leave(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    /// Whether no other ran when it began.
    [[nodiscard]] bool is_first() const { return is_first_; }

   private:
    QueryGate& gate_;
    const bool is_first_;
  };

  /// Waits until there is room. \throw TimeoutError at the deadline, CancelledError when `is_cancelled` (may be null)
  /// becomes true
  Pass Enter(std::chrono::steady_clock::time_point deadline, const std::atomic<bool>* is_cancelled);
  /// For what must not wait for others: counted, but let through.
  Pass EnterAtOnce();

 private:
  void Leave();

  const size_t most_;
  std::mutex mutex_;  // guards running_
  std::condition_variable left_;
  size_t running_ = 0;
};

}  // namespace tidemark::promql
