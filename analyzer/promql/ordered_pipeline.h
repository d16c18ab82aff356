#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

namespace tidemark::promql {

/// Computes items 0 to count - 1 on the calling thread and, when there is a helper, on a second one; consumes them in
/// their order, on the calling thread only, so that what is summed up is so in one order. Whoever is free takes the
/// next item, up to kAhead past the one that is consumed: no more results are in memory. compute(index, slot) is called
/// by both threads, each time with a slot that holds an older result or none; consume(slot) may take the result out of
/// it. The first exception of either ends all and is thrown.
template <typename Slot, typename Compute, typename Consume>
class OrderedPipeline {
 public:
  static constexpr size_t kAhead = 32;

  OrderedPipeline(size_t count, Compute compute, Consume consume)
      : count_(count), compute_(std::move(compute)), consume_(std::move(consume)) {}

  void Run(bool with_helper) {
    if (!with_helper) return RunAlone();
    std::jthread helper;
    const Ending ending(*this);  // before the helper is joined
    helper = std::jthread([this] { Help(); });
    for (size_t index = 0; index < count_; ++index) {
      Entry& entry = entries_[index % kAhead];
      while (!entry.is_ready.load(std::memory_order_acquire)) {
        if (!ComputeNext()) entry.is_ready.wait(false, std::memory_order_acquire);
      }
      if (entry.error) std::rethrow_exception(entry.error);
      consume_(entry.slot);
      entry.is_ready.store(false, std::memory_order_relaxed);
      consumed_.store(index + 1, std::memory_order_release);
      consumed_.notify_one();
    }
  }

 private:
  /// One slot for all, whose memory stays in the cache.
  void RunAlone() {
    Slot& slot = entries_.front().slot;
    for (size_t index = 0; index < count_; ++index) {
      compute_(index, slot);
      consume_(slot);
    }
  }

  struct Entry {
    Slot slot;
    std::exception_ptr error;
    std::atomic<bool> is_ready = false;
  };

  /// Lets the helper go, however Run ends.
  class Ending {
   public:
    explicit Ending(OrderedPipeline& pipeline) : pipeline_(pipeline) {}
    ~Ending() {
      pipeline_.next_.store(pipeline_.count_);
      pipeline_.consumed_.store(pipeline_.count_ + kAhead);
      pipeline_.consumed_.notify_one();
    }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    OrderedPipeline& pipeline_;
  };

  void Help() {
    while (next_.load(std::memory_order_relaxed) < count_) {
      const size_t consumed = consumed_.load(std::memory_order_acquire);
      if (!ComputeNext() && next_.load(std::memory_order_relaxed) < count_)
        consumed_.wait(consumed, std::memory_order_acquire);
    }
  }

  /// Takes the next item, when there is one that may be computed already.
  bool ComputeNext() {
    size_t index = next_.load(std::memory_order_relaxed);
    do {
      if (index >= count_ || index >= consumed_.load(std::memory_order_acquire) + kAhead) return false;
    } while (!next_.compare_exchange_weak(index, index + 1));
    Entry& entry = entries_[index % kAhead];
    try {
      compute_(index, entry.slot);
    } catch (...) {
      entry.error = std::current_exception();
    }
    entry.is_ready.store(true, std::memory_order_release);
    entry.is_ready.notify_one();
    return true;
  }

  const size_t count_;
  Compute compute_;
  Consume consume_;
  std::array<Entry, kAhead> entries_;
  std::atomic<size_t> next_ = 0;
  std::atomic<size_t> consumed_ = 0;
};

}  // namespace tidemark::promql
