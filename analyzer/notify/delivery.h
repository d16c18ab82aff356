#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/notify/notification_log.h"
#include "analyzer/notify/sender.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark::notify {

/// A group of alerts as a receiver is to know it.
struct GroupState {
  Notification group;  ///< with all alerts of the group, told or not
  int64_t repeat_interval_ms = 0;
  std::vector<std::string> acknowledged;  ///< fingerprints: not worth telling again
};

/// What deliveries count, by receiver and integration.
struct DeliveryMetrics {
  explicit DeliveryMetrics(prometheus::Registry& registry);

  prometheus::Family<prometheus::Counter>& delivered;
  prometheus::Family<prometheus::Counter>& failed;
  prometheus::Family<prometheus::Counter>& given_up;
};

/// Tells one integration of a receiver about groups, on a thread of its own: what hangs holds up no other. Of each
/// group only the newest state waits. Nothing is told twice: what was told is in the log. What cannot be delivered is
/// tried again, later and later; after kGiveUpAfterMs, or at once when the receiver refuses for good, it becomes a dead
/// letter. All public calls may be made from any thread.
class Delivery {
 public:
  Delivery(std::string receiver, Integration integration, NotificationLog& log, const Clock& clock,
           const Logger& logger, DeliveryMetrics& metrics);
  ~Delivery();

  void Submit(const GroupState& state);

  struct Status {
    std::string integration;
    size_t waiting = 0;
    int64_t last_success_ms = 0;  ///< 0: none yet
    int64_t last_failure_ms = 0;
    std::string last_error;
  };
  [[nodiscard]] Status status() const;

  static constexpr int64_t kGiveUpAfterMs = 3'600'000;

 private:
  struct Job {
    GroupState state;
    int64_t first_try_ms = 0;  ///< 0: not tried yet
    int64_t next_try_ms = 0;
    int tries = 0;
  };

  void Run(const std::stop_token& stop);
  /// False: it is to be tried again.
  bool Handle(Job& job, const std::stop_token& stop);
  void GiveUp(const Notification& notification, const std::string& error);
  [[nodiscard]] int64_t Backoff(int tries);
  [[nodiscard]] std::string key() const { return receiver_ + "/" + integration_.name; }

  const std::string receiver_;
  Integration integration_;
  NotificationLog& log_;
  const Clock& clock_;
  const Logger& logger_;
  prometheus::Counter& delivered_;
  prometheus::Counter& failed_;
  prometheus::Counter& given_up_;
  std::minstd_rand dice_;  // of the thread

  mutable std::mutex mutex_;         // guards the next two
  std::map<std::string, Job> jobs_;  // by group key
  Status status_;
  std::condition_variable_any submitted_;
  std::jthread thread_;
};

/// What of a group is to be told now, compared with what was told; without alerts when nothing is.
Notification ToTell(const GroupState& state, const ToldGroup& told, bool send_resolved, int64_t now_ms);

}  // namespace tidemark::notify
