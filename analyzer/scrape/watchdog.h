#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace tidemark::scrape {

/// Calls a function when a deadline passes, unless the guard was let go before: how a fetch is cut off that would go on
/// for ever, a byte at a time. Any thread may use it.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog() = default;

  class Guard {
   public:
    Guard(Watchdog& watchdog, std::chrono::milliseconds timeout, std::function<void()> on_timeout);
    /// Waits if the function is running just now.
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watchdog& watchdog_;
    std::multimap<std::chrono::steady_clock::time_point, std::pair<uint64_t, std::function<void()>>>::iterator entry_;
    uint64_t id_;
  };

  /// Fires everything that is waiting: the program stops.
  void FireAll();

 private:
  using Entries = std::multimap<std::chrono::steady_clock::time_point, std::pair<uint64_t, std::function<void()>>>;

  void Run(const std::stop_token& stop);

  std::mutex mutex_;  // guards everything below; held while a function runs
  std::condition_variable_any changed_;
  Entries entries_;
  std::map<uint64_t, bool> waiting_;
  uint64_t next_id_ = 0;
  std::chrono::steady_clock::time_point wakes_at_ = std::chrono::steady_clock::time_point::max();  // of the thread
  std::jthread thread_;
};

}  // namespace tidemark::scrape
