#pragma once

#include <semaphore.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>

namespace tidemark::exporter {

/// Does a row of independent pieces of work in half the time: its caller and a thread that it keeps for this take one
/// after the other. When the longest come first both end at about the same time (Graham, "Bounds on Multiprocessing
/// Timing Anomalies", SIAM J. Appl. Math. 17, 1969, section 5). Used by one thread at a time.
class HelpingThread {
 public:
  enum class Hand { kCaller, kHelper };
  /// Does the piece at this place of the row. It is called by both threads at once, for each place once.
  using Work = std::function<void(size_t place, Hand hand)>;

  /// Starts the thread, which sleeps between the rows, and also during those of less than `min_pieces`.
  /// \throw std::system_error
  explicit HelpingThread(size_t min_pieces);
  ~HelpingThread();
  HelpingThread(const HelpingThread&) = delete;
  HelpingThread& operator=(const HelpingThread&) = delete;

  /// Does `count` pieces; the caller alone does them all where there is only one CPU for both. `first` is the caller's,
  /// before its first piece. What one of them throws comes out when neither thread works any more; what was left then
  /// is not done.
  void Run(
      size_t count, const Work& work, const std::function<void()>& first = [] {});

 private:
  /// POSIX's, which puts a thread to sleep at once; those of the standard library ask the scheduler some times before.
  class Semaphore {
   public:
    Semaphore() { ::sem_init(&semaphore_, 0, 0); }
    ~Semaphore() { ::sem_destroy(&semaphore_); }
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    void Post() { ::sem_post(&semaphore_); }
    void Wait();
    bool TryWait() { return ::sem_trywait(&semaphore_) == 0; }

   private:
    sem_t semaphore_{};
  };

  void Help();
  bool HasCpuForBoth();
  void WaitForHelper();
  /// Takes pieces as long as there are any.
  void Take(Hand hand);
  template <typename Action>
  std::exception_ptr Caught(Action&& action);

  const size_t min_pieces_;
  Semaphore begun_;
  Semaphore helped_;
  std::atomic<size_t> next_ = 0;  // place of the piece to be taken
  // From the one semaphore to the other the helper uses the following, then the caller.
  bool ends_ = false;
  size_t count_ = 0;
  const Work* work_ = nullptr;
  std::exception_ptr error_;  // thrown by a piece of the helper's
  int cpu_ = -1;              // on which the helper was last
  std::jthread thread_;       // last, so that it ends before what it uses goes
};

}  // namespace tidemark::exporter
