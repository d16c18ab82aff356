#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tidemark::http {

/// A fixed number of threads with a bounded queue before them. All calls may be made from any thread.
class WorkerPool {
 public:
  WorkerPool(size_t threads, size_t queue_capacity);
  /// Runs no more tasks; waits for those that are running.
  ~WorkerPool();

  /// False when the queue is full. Tasks must not throw.
  bool TrySubmit(std::function<void()> task);

 private:
  void Run(const std::stop_token& stop);

  const size_t queue_capacity_;
  std::mutex mutex_;  // guards queue_
  std::condition_variable_any available_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::jthread> threads_;
};

}  // namespace tidemark::http
