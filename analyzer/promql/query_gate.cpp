#include "analyzer/promql/query_gate.h"

#include <algorithm>

#include "analyzer/promql/errors.h"

namespace tidemark::promql {

QueryGate::Pass QueryGate::Enter(std::chrono::steady_clock::time_point deadline,
                                 const std::atomic<bool>* is_cancelled) {
  // Nobody wakes those whose client goes while they wait.
  constexpr std::chrono::milliseconds kLookForClient{100};
  std::unique_lock lock(mutex_);
  while (running_ >= most_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) throw TimeoutError("query timed out in query queue");
    if (is_cancelled != nullptr && *is_cancelled) throw CancelledError("query was canceled in query queue");
    left_.wait_until(lock, std::min(deadline, now + kLookForClient));
  }
  return {*this, running_++ == 0};
}

QueryGate::Pass QueryGate::EnterAtOnce() {
  const std::lock_guard lock(mutex_);
  return {*this, running_++ == 0};
}

void QueryGate::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  left_.notify_one();
}

}  // namespace tidemark::promql
