#pragma once

#include <prometheus/registry.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/notify/acknowledgements.h"
#include "analyzer/notify/delivery.h"
#include "analyzer/notify/inhibition.h"
#include "analyzer/notify/silences.h"

namespace tidemark::notify {

/// Tells receivers of alerts as Alertmanager does, for those who have none: alerts take the routes that fit, those of
/// one route with the same values of `group_by` are one group, which is told of group_wait after its first alert, then
/// of changes every group_interval, and every repeat_interval while nothing changes. What is inhibited, silenced or
/// outside of its times is not told. Alerts that may be known outside survive a restart. All public calls may be made
/// from any thread. \throw state::DatabaseError
class Dispatcher {
 public:
  Dispatcher(state::Database& database, const Clock& clock, const Logger& logger, prometheus::Registry& registry,
             const Silences& silences, const Acknowledgements& acknowledgements);
  ~Dispatcher();

  /// `templates` is the directory of shipped template files. \throw config::ConfigError, and then nothing has changed
  void SetConfig(const config::Config& config, const std::vector<config::InhibitRule>& shipped_inhibit_rules,
                 const std::string& external_url, const std::string& templates);

  /// Takes word of alerts, as Alertmanagers do.
  void Send(const std::vector<AlertMessage>& alerts);

  /// Which alerts keep which others quiet now.
  [[nodiscard]] Inhibition CurrentInhibition() const;

  struct ReceiverStatus {
    std::string name;
    std::vector<Delivery::Status> integrations;
    int64_t dead_letters = 0;
  };
  [[nodiscard]] std::vector<ReceiverStatus> Receivers() const;

  /// Sends a made-up alert by every integration of a receiver, and waits for it. Empty: there is no such receiver, or
  /// it has none.
  struct TestResult {
    std::string integration;
    std::string error;  ///< empty: it was delivered
  };
  [[nodiscard]] std::vector<TestResult> Test(const std::string& receiver) const;
  [[nodiscard]] bool HasReceiver(const std::string& name) const;

  [[nodiscard]] const NotificationLog& log() const { return log_; }

 private:
  struct Receiver {
    config::ReceiverConfig config;
    std::vector<std::unique_ptr<Delivery>> deliveries;
  };
  struct Setup {
    config::NotificationConfig config;
    std::vector<config::InhibitRule> inhibit_rules;
    std::string external_url;
    std::string templates;
  };
  struct Group {
    const config::RouteConfig* route;  ///< of setup_
    std::string key;
    storage::Labels labels;
    std::set<std::string> alerts;  ///< fingerprints
    int64_t next_flush_ms = 0;
  };

  void Run(const std::stop_token& stop);
  /// Those with the mutex held:
  void Place(const std::string& fingerprint, const AlertMessage& message, int64_t now_ms);
  void Flush(Group& group, const Inhibition& inhibition, int64_t now_ms);
  [[nodiscard]] bool IsMuted(const config::RouteConfig& route, int64_t now_ms) const;
  [[nodiscard]] Inhibition InhibitionAt(int64_t now_ms) const;
  void Forget(int64_t now_ms);
  [[nodiscard]] Notification Base(const std::string& receiver) const;

  const Clock& clock_;
  const Logger& logger_;
  const Silences& silences_;
  const Acknowledgements& acknowledgements_;
  NotificationLog log_;
  DeliveryMetrics metrics_;

  mutable std::mutex mutex_;  // guards the next four
  Setup setup_;
  std::map<std::string, Receiver> receivers_;
  std::map<std::string, AlertMessage> alerts_;  // by fingerprint
  std::map<std::string, Group> groups_;         // by key
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace tidemark::notify
