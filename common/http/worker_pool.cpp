#include "common/http/worker_pool.h"

namespace tidemark::http {

WorkerPool::WorkerPool(size_t threads, size_t queue_capacity) : queue_capacity_(queue_capacity) {
  threads_.reserve(threads);
  idle_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Idle* const idle : idle_) idle->has_task.notify_one();
  }
  threads_.clear();
}

bool WorkerPool::TrySubmit(Task task) {
  std::unique_lock lock(mutex_);
  if (!idle_.empty()) {
    Idle* const idle = idle_.back();
    idle_.pop_back();
    idle->task = std::move(task);
    // Without the lock, for which the thread would have to wait as soon as it runs; it stays until the destructor.
    lock.unlock();
    idle->has_task.notify_one();
    return true;
  }
  if (queue_.size() >= queue_capacity_) return false;
  queue_.push_back(std::move(task));
  return true;
}

void WorkerPool::Run() {
  Idle self;
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      if (!stopping_ && !queue_.empty()) {
        task = std::move(queue_.front());
        queue_.pop_front();
      } else {
        if (!stopping_) idle_.push_back(&self);
        self.has_task.wait(lock, [&] { return self.task != nullptr || stopping_; });
        task = std::move(self.task);
        self.task = nullptr;
      }
      if (stopping_) return;
    }
    task();
  }
}

}  // namespace tidemark::http
