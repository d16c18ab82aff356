#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace tidemark {

/// Work that several ask for at the same time is done once: whoever comes while it is being done for the same key waits
/// for that result. Nothing is kept afterwards. Any thread.
template <typename Result>
class SingleFlight {
 public:
  /// What make() returns, to all who share it; what it throws, to all of them too.
  Result Do(const std::string& key, const std::function<Result()>& make) {
    const auto flight = std::make_shared<Flight>();
    {
      std::unique_lock lock(mutex_);
      const auto [running, is_first] = running_.try_emplace(key, flight);
      if (!is_first) {
        const auto shared = running->second;
        shared->is_shared = true;
        lock.unlock();
        shared->has_ended.wait(false);
        return shared->Get();
      }
    }
    try {
      flight->result = make();
    } catch (...) {
      flight->error = std::current_exception();
    }
    bool is_shared = false;
    {
      // Taken from the table before the result is there: who comes from now on wants newer work.
      const std::lock_guard lock(mutex_);
      running_.erase(key);
      is_shared = flight->is_shared;
    }
    // A copy costs more than all else here, and mostly nobody needs one.
    if (!is_shared && !flight->error) return std::move(*flight->result);
    flight->has_ended = true;
    flight->has_ended.notify_all();
    return flight->Get();
  }

 private:
  /// Like a std::shared_future, which asks the kernel to wake whoever waits even when nobody does.
  struct Flight {
    std::optional<Result> result{};
    std::exception_ptr error{};
    std::atomic<bool> has_ended = false;  // nobody writes the two above afterwards
    bool is_shared = false;               // whether another waits; guarded by mutex_

    [[nodiscard]] Result Get() const {
      if (error) std::rethrow_exception(error);
      return *result;
    }
  };

  std::mutex mutex_;  // guards the next
  std::map<std::string, std::shared_ptr<Flight>> running_;
};

}  // namespace tidemark
