#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tidemark::http {

/// A fixed number of threads with a bounded queue before them. A task goes to the thread that worked last of those
/// that are idle: its stack and its heap are still in the caches, and those of the others need not be in memory at all.
/// All calls may be made from any thread.
class WorkerPool {
 public:
  WorkerPool(size_t threads, size_t queue_capacity);
  /// Runs no more tasks; waits for those that are running.
  ~WorkerPool();

  /// False when the queue is full. Tasks must not throw.
  bool TrySubmit(std::function<void()> task);

 private:
  using Task = std::function<void()>;
  /// A thread that waits, on its own stack.
  struct Idle {
    std::condition_variable has_task;
    Task task;
  };

  void Run();

  const size_t queue_capacity_;
  std::mutex mutex_;  // guards all below
  bool stopping_ = false;
  std::vector<Idle*> idle_;
  std::deque<Task> queue_;  // empty as long as a thread is idle
  std::vector<std::jthread> threads_;
};

}  // namespace tidemark::http
