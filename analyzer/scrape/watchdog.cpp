#include "analyzer/scrape/watchdog.h"

namespace tidemark::scrape {

using std::chrono::steady_clock;

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Watchdog::Guard::Guard(Watchdog& watchdog, std::chrono::milliseconds timeout, std::function<void()> on_timeout)
    : watchdog_(watchdog) {
  const std::lock_guard lock(watchdog_.mutex_);
  id_ = watchdog_.next_id_++;
  entry_ = watchdog_.entries_.emplace(steady_clock::now() + timeout, std::pair(id_, std::move(on_timeout)));
  watchdog_.waiting_[id_] = true;
  if (entry_->first < watchdog_.wakes_at_) watchdog_.changed_.notify_all();
}

Watchdog::Guard::~Guard() {
  const std::lock_guard lock(watchdog_.mutex_);
  if (watchdog_.waiting_.erase(id_) > 0) watchdog_.entries_.erase(entry_);
}

void Watchdog::FireAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [deadline, entry] : entries_) entry.second();
  entries_.clear();
  waiting_.clear();
}

void Watchdog::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    while (!entries_.empty() && entries_.begin()->first <= steady_clock::now()) {
      const auto next = entries_.begin();
      next->second.second();
      waiting_.erase(next->second.first);
      entries_.erase(next);
    }
    // An entry that is let go leaves the thread asleep until the time it would have had: fetches come and go by the
    // hundred without waking it.
    wakes_at_ = entries_.empty() ? steady_clock::time_point::max() : entries_.begin()->first;
    const auto is_earlier = [this] { return !entries_.empty() && entries_.begin()->first < wakes_at_; };
    if (entries_.empty()) {
      changed_.wait(lock, stop, is_earlier);
    } else {
      changed_.wait_until(lock, stop, wakes_at_, is_earlier);
    }
  }
}

}  // namespace tidemark::scrape
