#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tidemark {

/// Work that several ask for at the same time is done once: whoever comes while it is being done for the same key waits
/// for that result. Nothing is kept afterwards. Any thread.
template <typename Result>
class SingleFlight {
 public:
  /// What make() returns, to all who share it; what it throws, to all of them too.
  std::shared_ptr<const Result> Do(const std::string& key, const std::function<Result()>& make) {
    std::promise<std::shared_ptr<const Result>> promise;
    {
      std::unique_lock lock(mutex_);
      if (const auto it = running_.find(key); it != running_.end()) {
        const auto shared = it->second;
        lock.unlock();
        return shared.get();
      }
      running_.emplace(key, promise.get_future().share());
    }
    // Taken from the table before the result is there: who comes from now on wants newer work.
    const auto end = [&] {
      const std::lock_guard lock(mutex_);
      running_.erase(key);
    };
    try {
      auto result = std::make_shared<const Result>(make());
      end();
      promise.set_value(result);
      return result;
    } catch (...) {
      end();
      promise.set_exception(std::current_exception());
      throw;
    }
  }

 private:
  std::mutex mutex_;  // guards the next
  std::map<std::string, std::shared_future<std::shared_ptr<const Result>>> running_;
};

}  // namespace tidemark
