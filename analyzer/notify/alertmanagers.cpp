#include "analyzer/notify/alertmanagers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <nlohmann/json.hpp>
#include <thread>

#include "analyzer/scrape/http_connection.h"
#include "analyzer/scrape/relabel.h"
#include "analyzer/storage/labels_json.h"
#include "common/json_values.h"
#include "common/timestamp.h"

namespace tidemark::notify {
namespace {

using nlohmann::json;

constexpr size_t kMaxQueuedAlerts = 10'000;
constexpr size_t kMaxBatchAlerts = 64;
constexpr size_t kMaxAnswerBytes = size_t{64} << 10;

/// As POST /api/v2/alerts takes it (Alertmanager's openapi.yaml, postableAlert).
std::string Body(const std::deque<AlertMessage>& alerts) {
  json list = json::array();
  for (const AlertMessage& alert : alerts) {
    list.push_back({{"labels", storage::LabelsJson(alert.labels)},
                    {"annotations", alert.annotations},
                    {"startsAt", FormatRfc3339(alert.starts_at_ms)},
                    {"endsAt", FormatRfc3339(alert.ends_at_ms)},
                    {"generatorURL", alert.generator_url}});
  }
  return DumpJson(list);
}

}  // namespace

/// One Alertmanager.
class Alertmanagers::Receiver {
 public:
  Receiver(const scrape::Target& target, Alertmanagers& owner)
      : target_(target),
        logger_(owner.logger_),
        connection_(target.BaseUrl(), target.job->client),
        sent_(owner.sent_.Add({{"alertmanager", target.Url()}})),
        errors_(owner.errors_.Add({{"alertmanager", target.Url()}})),
        dropped_(owner.dropped_.Add({{"alertmanager", target.Url()}})),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  ~Receiver() {
    thread_.request_stop();
    watchdog_.FireAll();
    thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] const scrape::Target& target() const { return target_; }

  void Push(const std::vector<AlertMessage>& alerts) {
    {
      const std::lock_guard lock(mutex_);
      queue_.insert(queue_.end(), alerts.begin(), alerts.end());
      for (; queue_.size() > kMaxQueuedAlerts; queue_.pop_front()) dropped_.Increment();
    }
    pushed_.notify_one();
  }

 private:
  void Run(const std::stop_token& stop) {
    // Longer from failure to failure, so that one which is gone is not asked for ever.
    constexpr std::chrono::milliseconds kFirstPause{500};
    constexpr std::chrono::milliseconds kLongestPause{30'000};
    std::chrono::milliseconds pause{0};
    bool failing = false;
    while (true) {
      std::deque<AlertMessage> batch;
      {
        std::unique_lock lock(mutex_);
        if (pause.count() > 0) pushed_.wait_for(lock, stop, pause, [] { return false; });
        if (!pushed_.wait(lock, stop, [&] { return !queue_.empty(); })) return;
        const auto end = queue_.begin() + static_cast<ptrdiff_t>(std::min(queue_.size(), kMaxBatchAlerts));
        batch.assign(queue_.begin(), end);
        queue_.erase(queue_.begin(), end);
      }
      if (stop.stop_requested()) return;
      const scrape::HttpAnswer answer =
          connection_.Post({.path_and_query = target_.path_and_query,
                            .headers = {},
                            .timeout = std::chrono::milliseconds(target_.scrape_timeout_ms),
                            .max_body_bytes = kMaxAnswerBytes},
                           Body(batch), "application/json", watchdog_);
      if (stop.stop_requested()) return;
      if (answer.error.empty()) {
        sent_.Increment(static_cast<double>(batch.size()));
        if (failing) logger_.Info("Alertmanager takes alerts again", {{"url", target_.Url()}});
        failing = false;
        pause = std::chrono::milliseconds(0);
        continue;
      }
      errors_.Increment(static_cast<double>(batch.size()));
      if (!failing)
        logger_.Warn("Alertmanager cannot be told of alerts", {{"url", target_.Url()}, {"err", answer.error}});
      failing = true;
      pause = std::clamp(pause * 2, kFirstPause, kLongestPause);
      // What it refuses it would refuse again.
      constexpr int kTooManyRequests = 429;
      if (answer.status >= 400 && answer.status < 500 && answer.status != kTooManyRequests) {
        dropped_.Increment(static_cast<double>(batch.size()));
        continue;
      }
      // Tried again, before what came meanwhile: an end that is lost would leave the alert until it times out.
      const std::lock_guard lock(mutex_);
      queue_.insert(queue_.begin(), batch.begin(), batch.end());
      for (; queue_.size() > kMaxQueuedAlerts; queue_.pop_front()) dropped_.Increment();
    }
  }

  const scrape::Target target_;
  const Logger& logger_;
  scrape::Watchdog watchdog_;
  scrape::HttpConnection connection_;
  prometheus::Counter& sent_;
  prometheus::Counter& errors_;
  prometheus::Counter& dropped_;
  std::mutex mutex_;  // guards queue_
  std::condition_variable_any pushed_;
  std::deque<AlertMessage> queue_;
  std::jthread thread_;
};

Alertmanagers::Alertmanagers(const Logger& logger, prometheus::Registry& registry)
    : logger_(logger),
      sent_(prometheus::BuildCounter()
                .Name("tidemark_notifications_sent_total")
                .Help("Alerts that an Alertmanager was told of.")
                .Register(registry)),
      errors_(prometheus::BuildCounter()
                  .Name("tidemark_notifications_errors_total")
                  .Help("Alerts that an Alertmanager could not be told of; they are tried again.")
                  .Register(registry)),
      dropped_(prometheus::BuildCounter()
                   .Name("tidemark_notifications_dropped_total")
                   .Help("Alerts that went as an Alertmanager's queue was full.")
                   .Register(registry)),
      discovery_(logger, [this](const scrape::TargetSet& targets) { SetTargets(targets); }) {}

Alertmanagers::~Alertmanagers() = default;

void Alertmanagers::SetConfig(const config::Config& config) {
  config::Config as_jobs;
  as_jobs.scrape_configs = config.alerting.alertmanagers;
  {
    const std::lock_guard lock(mutex_);
    external_labels_ = config.external_labels;
    relabel_configs_ = config.alerting.alert_relabel_configs;
  }
  discovery_.SetConfig(as_jobs);
}

void Alertmanagers::SetTargets(const scrape::TargetSet& targets) {
  std::vector<std::unique_ptr<Receiver>> ended;  // outside the lock: their threads end
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<Receiver>> receivers;
    for (const scrape::Target& target : targets.active) {
      const auto same = std::ranges::find_if(receivers_, [&](const auto& receiver) {
        return receiver != nullptr && receiver->target().Identity() == target.Identity();
      });
      receivers.push_back(same == receivers_.end() ? std::make_unique<Receiver>(target, *this) : std::move(*same));
    }
    ended = std::exchange(receivers_, std::move(receivers));
    dropped_targets_ = targets.dropped;
  }
}

void Alertmanagers::Send(const std::vector<AlertMessage>& alerts) {
  if (alerts.empty()) return;
  const std::lock_guard lock(mutex_);
  if (receivers_.empty()) return;
  std::vector<AlertMessage> messages;
  for (AlertMessage message : alerts) {
    for (const auto& [name, value] : external_labels_) {
      if (message.labels.Get(name).empty()) message.labels = message.labels.With(name, value);
    }
    if (!relabel_configs_.empty()) {
      const std::optional<storage::Labels> relabelled =
          scrape::Relabel(relabel_configs_, {message.labels.begin(), message.labels.end()});
      if (!relabelled) continue;
      message.labels = *relabelled;
    }
    messages.push_back(std::move(message));
  }
  for (const std::unique_ptr<Receiver>& receiver : receivers_) receiver->Push(messages);
}

Alertmanagers::Addresses Alertmanagers::Current() const {
  const std::lock_guard lock(mutex_);
  Addresses addresses;
  for (const std::unique_ptr<Receiver>& receiver : receivers_) addresses.active.push_back(receiver->target().Url());
  addresses.dropped = dropped_targets_;
  return addresses;
}

}  // namespace tidemark::notify
