#include "analyzer/notify/delivery.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json_values.h"

namespace tidemark::notify {
namespace {

std::set<std::string> FingerprintsOf(const Notification& group, bool is_firing) {
  std::set<std::string> fingerprints;
  for (const NotifiedAlert& alert : group.alerts) {
    if (alert.is_firing == is_firing) fingerprints.insert(alert.fingerprint);
  }
  return fingerprints;
}

bool IsSubset(const std::set<std::string>& part, const std::set<std::string>& whole) {
  return std::ranges::includes(whole, part);
}

/// Whether there is something to tell, as Alertmanager decides it (its notify.DedupStage): an alert that fires and was
/// not told of, the end of one that was, or that the same still fires after the repeat interval.
bool IsNews(const GroupState& state, const ToldGroup& told, const std::set<std::string>& firing,
            const std::set<std::string>& resolved, bool send_resolved, int64_t now_ms) {
  if (told.at_ms == 0) return !firing.empty();
  if (!IsSubset(firing, told.firing)) return true;
  if (firing.empty()) return !told.firing.empty();
  if (send_resolved && !IsSubset(resolved, told.resolved)) return true;
  const bool is_looked_after = std::ranges::all_of(firing, [&](const std::string& fingerprint) {
    return std::ranges::find(state.acknowledged, fingerprint) != state.acknowledged.end();
  });
  return !is_looked_after && now_ms - told.at_ms >= state.repeat_interval_ms;
}

}  // namespace

Notification ToTell(const GroupState& state, const ToldGroup& told, bool send_resolved, int64_t now_ms) {
  Notification notification = state.group;
  const std::set<std::string> firing = FingerprintsOf(notification, true);
  const std::set<std::string> resolved = FingerprintsOf(notification, false);
  if (!IsNews(state, told, firing, resolved, send_resolved, now_ms)) {
    notification.alerts.clear();
    return notification;
  }
  std::erase_if(notification.alerts, [&](const NotifiedAlert& alert) {
    return !alert.is_firing && (!send_resolved || told.resolved.contains(alert.fingerprint));
  });
  std::string text = notification.receiver + "\n" + notification.group_key + "\n" + std::to_string(told.at_ms);
  for (const NotifiedAlert& alert : notification.alerts) {
    text += "\n" + alert.fingerprint + (alert.is_firing ? "+" : "-") + std::to_string(alert.message.starts_at_ms);
  }
  notification.idempotency_key = Fingerprint(storage::Labels{{"key", text}});
  return notification;
}

DeliveryMetrics::DeliveryMetrics(prometheus::Registry& registry)
    : delivered(prometheus::BuildCounter()
                    .Name("tidemark_receiver_notifications_total")
                    .Help("Notifications that receivers took.")
                    .Register(registry)),
      failed(prometheus::BuildCounter()
                 .Name("tidemark_receiver_notifications_failed_total")
                 .Help("Tries to notify a receiver that failed; they are repeated.")
                 .Register(registry)),
      given_up(prometheus::BuildCounter()
                   .Name("tidemark_receiver_dead_letters_total")
                   .Help("Notifications that were given up.")
                   .Register(registry)) {}

Delivery::Delivery(std::string receiver, Integration integration, NotificationLog& log, const Clock& clock,
                   const Logger& logger, DeliveryMetrics& metrics)
    : receiver_(std::move(receiver)),
      integration_(std::move(integration)),
      log_(log),
      clock_(clock),
      logger_(logger),
      delivered_(metrics.delivered.Add({{"receiver", receiver_}, {"integration", integration_.name}})),
      failed_(metrics.failed.Add({{"receiver", receiver_}, {"integration", integration_.name}})),
      given_up_(metrics.given_up.Add({{"receiver", receiver_}, {"integration", integration_.name}})),
      dice_(std::random_device()()),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {
  const std::lock_guard lock(mutex_);
  status_.integration = integration_.name;
}

Delivery::~Delivery() {
  thread_.request_stop();
  thread_.join();
}

void Delivery::Submit(const GroupState& state) {
  {
    const std::lock_guard lock(mutex_);
    Job& job = jobs_[state.group.group_key];
    job.state = state;
  }
  submitted_.notify_one();
}

Delivery::Status Delivery::status() const {
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.waiting = jobs_.size();
  return status;
}

/// Twice as long after each try, up to five minutes, and by up to a fifth off so that not all come at once.
int64_t Delivery::Backoff(int tries) {
  constexpr int64_t kFirstMs = 1000;
  constexpr int64_t kLongestMs = 5 * 60'000;
  constexpr int kMaxDoublings = 20;
  const int64_t pause_ms = std::min(kLongestMs, kFirstMs << std::min(tries - 1, kMaxDoublings));
  std::uniform_real_distribution<double> jitter(0.8, 1.2);
  return static_cast<int64_t>(static_cast<double>(pause_ms) * jitter(dice_));
}

void Delivery::Run(const std::stop_token& stop) {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!submitted_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      const auto next = std::ranges::min_element(jobs_, {}, [](const auto& one) { return one.second.next_try_ms; });
      const int64_t wait_ms = next->second.next_try_ms - clock_.NowMs();
      if (wait_ms > 0) {
        // A job that comes meanwhile is looked at too.
        submitted_.wait_for(lock, stop, std::chrono::milliseconds(std::min<int64_t>(wait_ms, 1000)),
                            [] { return false; });
        if (stop.stop_requested()) return;
        continue;
      }
      job = std::move(next->second);
      jobs_.erase(next);
    }
    bool is_done = true;
    try {
      is_done = Handle(job, stop);
    } catch (const std::exception& error) {
      logger_.Error("notification failed", {{"receiver", key()}, {"err", error.what()}});
    }
    if (stop.stop_requested()) return;
    if (is_done) continue;
    const std::lock_guard lock(mutex_);
    // A newer state of the group takes its place, with its tries.
    Job& kept = jobs_.try_emplace(job.state.group.group_key, job).first->second;
    kept.first_try_ms = job.first_try_ms;
    kept.next_try_ms = job.next_try_ms;
    kept.tries = job.tries;
  }
}

bool Delivery::Handle(Job& job, const std::stop_token& stop) {
  const std::string& group_key = job.state.group.group_key;
  const ToldGroup told = log_.Told(key(), group_key);
  const int64_t now_ms = clock_.NowMs();
  const Notification notification = ToTell(job.state, told, integration_.send_resolved, now_ms);
  const std::set<std::string> firing = FingerprintsOf(job.state.group, true);
  const std::set<std::string> resolved = FingerprintsOf(job.state.group, false);
  if (notification.alerts.empty()) {
    // The end of something whose end is not to be told.
    const bool has_ended = told.at_ms != 0 && firing.empty() && !told.firing.empty();
    if (has_ended) log_.SetTold(key(), group_key, {now_ms, {}, resolved});
    return true;
  }
  const SendResult result = integration_.sender->Send(notification, stop);
  if (stop.stop_requested() && !result.error.empty()) return false;
  {
    const std::lock_guard lock(mutex_);
    (result.error.empty() ? status_.last_success_ms : status_.last_failure_ms) = clock_.NowMs();
    status_.last_error = result.error;
  }
  if (!result.error.empty()) {
    failed_.Increment();
    if (job.tries == 0) logger_.Warn("receiver cannot be told of alerts", {{"receiver", key()}, {"err", result.error}});
    if (job.first_try_ms == 0) job.first_try_ms = now_ms;
    ++job.tries;
    job.next_try_ms = clock_.NowMs() + Backoff(job.tries);
    if (!result.is_permanent && job.next_try_ms - job.first_try_ms < kGiveUpAfterMs) return false;
    GiveUp(notification, result.error);
  } else {
    delivered_.Increment();
  }
  log_.SetTold(key(), group_key, {now_ms, firing, resolved});
  return true;
}

void Delivery::GiveUp(const Notification& notification, const std::string& error) {
  given_up_.Increment();
  logger_.Error("notification is given up", {{"receiver", key()}, {"err", error}});
  log_.AddDeadLetter({0, clock_.NowMs(), receiver_, integration_.name, error, DumpJson(WebhookBody(notification, 0))});
}

}  // namespace tidemark::notify
