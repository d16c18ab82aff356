#include "analyzer/notify/dispatcher.h"

#include <algorithm>

#include "analyzer/config/label_matcher.h"

namespace tidemark::notify {
namespace {

using config::RouteConfig;

/// An alert that is over is told of for so long, then forgotten; and what was known before a restart counts for so long
/// without word.
constexpr int64_t kEndedKeptMs = 15 * 60'000;
constexpr int64_t kGraceMs = 5 * 60'000;
/// How long the thread waits at most: the clock may be set meanwhile.
constexpr int64_t kGlanceMs = 1000;

std::string MatchersText(const std::vector<storage::Matcher>& matchers) {
  std::string text = "{";
  for (const storage::Matcher& matcher : matchers) text += (text.size() > 1 ? "," : "") + matcher.ToString();
  return text + "}";
}

/// Calls `take(route, key)` for the routes that alerts with these labels take.
template <typename F>
bool WalkRoutes(const RouteConfig& route, const storage::Labels& labels, const std::string& parent_key, F&& take) {
  if (!config::MatchesAll(route.matchers, labels)) return false;
  const std::string key = parent_key + (parent_key.empty() ? "" : "/") + MatchersText(route.matchers);
  bool is_taken = false;
  for (const RouteConfig& child : route.routes) {
    if (!WalkRoutes(child, labels, key, take)) continue;
    is_taken = true;
    if (!child.continue_matching) break;
  }
  if (!is_taken) take(route, key);
  return true;
}

storage::Labels GroupLabels(const RouteConfig& route, const storage::Labels& labels) {
  if (route.group_by_all) return labels;
  std::vector<storage::Labels::Pair> pairs;
  for (const auto& [name, value] : labels) {
    if (std::ranges::binary_search(route.group_by, name)) pairs.emplace_back(name, value);
  }
  return storage::Labels(std::move(pairs));
}

bool IsFiring(const AlertMessage& message, int64_t now_ms) { return message.ends_at_ms > now_ms; }

}  // namespace

Dispatcher::Dispatcher(state::Database& database, const Clock& clock, const Logger& logger,
                       prometheus::Registry& registry, const Silences& silences,
                       const Acknowledgements& acknowledgements)
    : clock_(clock),
      logger_(logger),
      silences_(silences),
      acknowledgements_(acknowledgements),
      log_(database),
      metrics_(registry) {
  const int64_t now_ms = clock_.NowMs();
  for (auto& [message, has_ended] : log_.LoadAlerts()) {
    // Who raised it says so again before long; else it has ended meanwhile.
    if (!has_ended) message.ends_at_ms = std::max(message.ends_at_ms, now_ms + kGraceMs);
    alerts_[Fingerprint(message.labels)] = std::move(message);
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Dispatcher::~Dispatcher() {
  thread_.request_stop();
  thread_.join();
}

void Dispatcher::SetConfig(const config::Config& config, const std::vector<config::InhibitRule>& shipped_inhibit_rules,
                           const std::string& external_url, const std::string& templates) {
  const config::NotificationConfig& notification = config.alerting.notification;
  std::map<std::string, std::vector<Integration>> integrations;
  for (const config::ReceiverConfig& receiver : notification.receivers)
    integrations[receiver.name] = MakeIntegrations(receiver, templates);
  std::map<std::string, Receiver> ended;  // outside of the lock: their threads end
  {
    const std::lock_guard lock(mutex_);
    ended.swap(receivers_);
    setup_ = {notification, shipped_inhibit_rules, external_url, templates};
    std::ranges::copy(notification.inhibit_rules, std::back_inserter(setup_.inhibit_rules));
    groups_.clear();
  }
  ended.clear();
  const std::lock_guard lock(mutex_);
  for (const config::ReceiverConfig& config_of : notification.receivers) {
    Receiver& receiver = receivers_[config_of.name];
    receiver.config = config_of;
    for (Integration& integration : integrations[config_of.name]) {
      receiver.deliveries.push_back(
          std::make_unique<Delivery>(config_of.name, std::move(integration), log_, clock_, logger_, metrics_));
    }
  }
  const int64_t now_ms = clock_.NowMs();
  for (const auto& [fingerprint, message] : alerts_) Place(fingerprint, message, now_ms);
}

void Dispatcher::Send(const std::vector<AlertMessage>& alerts) {
  if (alerts.empty()) return;
  std::map<std::string, SavedAlert> added;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now_ms = clock_.NowMs();
    for (const AlertMessage& message : alerts) {
      const std::string fingerprint = Fingerprint(message.labels);
      const auto known = alerts_.find(fingerprint);
      const bool is_firing = IsFiring(message, now_ms);
      if (known == alerts_.end() && !is_firing) continue;
      // Word of the same alert moves its end only, which is not worth a disk write.
      const bool is_new = known == alerts_.end() || IsFiring(known->second, now_ms) != is_firing ||
                          known->second.starts_at_ms != message.starts_at_ms;
      if (is_new) added[fingerprint] = {message, !is_firing};
      alerts_[fingerprint] = message;
      Place(fingerprint, message, now_ms);
    }
  }
  log_.SaveAlerts(added, {});
  changed_.notify_one();
}

void Dispatcher::Place(const std::string& fingerprint, const AlertMessage& message, int64_t now_ms) {
  if (setup_.config.route == nullptr) return;
  WalkRoutes(*setup_.config.route, message.labels, "", [&](const RouteConfig& route, const std::string& route_key) {
    const storage::Labels labels = GroupLabels(route, message.labels);
    const std::string key = route_key + ":" + labels.ToString();
    const auto [it, is_new] = groups_.try_emplace(key);
    Group& group = it->second;
    group.alerts.insert(fingerprint);
    if (!is_new) return;
    group.route = &route;
    group.key = key;
    group.labels = labels;
    // What began long ago has been waited for.
    group.next_flush_ms = std::max(now_ms, std::min(message.starts_at_ms, now_ms) + route.group_wait_ms);
  });
}

bool Dispatcher::IsMuted(const RouteConfig& route, int64_t now_ms) const {
  const auto contains = [&](const std::string& name) { return setup_.config.time_intervals.at(name).Contains(now_ms); };
  if (std::ranges::any_of(route.mute_time_intervals, contains)) return true;
  return !route.active_time_intervals.empty() && std::ranges::none_of(route.active_time_intervals, contains);
}

Inhibition Dispatcher::InhibitionAt(int64_t now_ms) const {
  std::vector<storage::Labels> firing;
  for (const auto& [fingerprint, message] : alerts_) {
    if (IsFiring(message, now_ms)) firing.push_back(message.labels);
  }
  return {setup_.inhibit_rules, firing};
}

Notification Dispatcher::Base(const std::string& receiver) const {
  Notification notification;
  notification.receiver = receiver;
  notification.external_url = setup_.external_url;
  return notification;
}

void Dispatcher::Flush(Group& group, const Inhibition& inhibition, int64_t now_ms) {
  group.next_flush_ms = now_ms + group.route->group_interval_ms;
  const auto receiver = receivers_.find(group.route->receiver);
  if (receiver == receivers_.end() || IsMuted(*group.route, now_ms)) return;
  GroupState state{Base(group.route->receiver), group.route->repeat_interval_ms, {}};
  state.group.group_key = group.key;
  state.group.group_labels = group.labels;
  for (const std::string& fingerprint : group.alerts) {
    const auto it = alerts_.find(fingerprint);
    if (it == alerts_.end()) continue;
    AlertMessage message = it->second;
    if (!silences_.Silencing(message.labels, now_ms).empty() || !inhibition.InhibitorOf(message.labels).empty())
      continue;
    if (!message.alert_id.empty() && acknowledgements_.Get(message.alert_id, message.starts_at_ms))
      state.acknowledged.push_back(fingerprint);
    const bool is_firing = IsFiring(message, now_ms);
    state.group.alerts.emplace_back(std::move(message), is_firing);
  }
  std::ranges::sort(state.group.alerts, {}, [](const NotifiedAlert& alert) { return alert.message.labels; });
  for (const std::unique_ptr<Delivery>& delivery : receiver->second.deliveries) delivery->Submit(state);
}

void Dispatcher::Forget(int64_t now_ms) {
  std::vector<std::string> forgotten;
  std::erase_if(alerts_, [&](const auto& alert) {
    const bool is_old = alert.second.ends_at_ms + kEndedKeptMs <= now_ms;
    // Not before its groups have been looked at since it ended.
    const bool is_awaited =
        is_old && std::ranges::any_of(groups_, [&](const auto& group) {
          return group.second.alerts.contains(alert.first) &&
                 group.second.next_flush_ms - group.second.route->group_interval_ms <= alert.second.ends_at_ms;
        });
    if (!is_old || is_awaited) return false;
    forgotten.push_back(alert.first);
    return true;
  });
  for (const std::string& fingerprint : forgotten) {
    for (auto& [key, group] : groups_) group.alerts.erase(fingerprint);
  }
  std::erase_if(groups_, [](const auto& group) { return group.second.alerts.empty(); });
  log_.SaveAlerts({}, forgotten);
}

void Dispatcher::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    const int64_t now_ms = clock_.NowMs();
    try {
      const bool is_due =
          std::ranges::any_of(groups_, [&](const auto& group) { return group.second.next_flush_ms <= now_ms; });
      if (is_due) {
        const Inhibition inhibition = InhibitionAt(now_ms);
        for (auto& [key, group] : groups_) {
          if (group.next_flush_ms <= now_ms) Flush(group, inhibition, now_ms);
        }
      }
      Forget(now_ms);
    } catch (const std::exception& error) {
      logger_.Error("alerts cannot be dispatched", {{"err", error.what()}});
    }
    int64_t wait_ms = kGlanceMs;
    for (const auto& [key, group] : groups_) wait_ms = std::min(wait_ms, group.next_flush_ms - now_ms);
    changed_.wait_for(lock, stop, std::chrono::milliseconds(std::max<int64_t>(wait_ms, 1)), [] { return false; });
  }
}

Inhibition Dispatcher::CurrentInhibition() const {
  const std::lock_guard lock(mutex_);
  return InhibitionAt(clock_.NowMs());
}

std::vector<Dispatcher::ReceiverStatus> Dispatcher::Receivers() const {
  std::vector<ReceiverStatus> list;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, receiver] : receivers_) {
      ReceiverStatus status{name, {}, 0};
      for (const std::unique_ptr<Delivery>& delivery : receiver.deliveries)
        status.integrations.push_back(delivery->status());
      list.push_back(std::move(status));
    }
  }
  for (ReceiverStatus& status : list) status.dead_letters = log_.CountDeadLetters(status.name);
  return list;
}

bool Dispatcher::HasReceiver(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return receivers_.contains(name);
}

std::vector<Dispatcher::TestResult> Dispatcher::Test(const std::string& name) const {
  Notification notification;
  std::vector<Integration> integrations;
  {
    const std::lock_guard lock(mutex_);
    const auto receiver = receivers_.find(name);
    if (receiver == receivers_.end()) return {};
    integrations = MakeIntegrations(receiver->second.config, setup_.templates);
    notification = Base(name);
  }
  const int64_t now_ms = clock_.NowMs();
  AlertMessage message;
  message.labels = {{"alertname", "TidemarkTest"}, {"severity", "info"}};
  message.annotations = {{"summary", "A test of the receiver " + name + "; nothing is wrong"}};
  message.starts_at_ms = now_ms;
  message.ends_at_ms = now_ms + kGraceMs;
  message.generator_url = notification.external_url;
  notification.group_key = "test:" + std::to_string(now_ms);
  notification.group_labels = {{"alertname", "TidemarkTest"}};
  notification.idempotency_key = Fingerprint(storage::Labels{{"key", name + notification.group_key}});
  notification.alerts.emplace_back(std::move(message), true);
  std::vector<TestResult> results;
  results.reserve(integrations.size());
  for (const Integration& integration : integrations)
    results.push_back({integration.name, integration.sender->Send(notification, {}).error});
  return results;
}

}  // namespace tidemark::notify
