#pragma once

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "analyzer/config/config.h"
#include "analyzer/health/health_model.h"
#include "analyzer/notify/alertmanagers.h"
#include "analyzer/notify/dispatcher.h"
#include "analyzer/promql/engine.h"
#include "analyzer/rule_set.h"
#include "analyzer/rules/runner.h"
#include "analyzer/scrape/discovery.h"
#include "analyzer/scrape/scrape_manager.h"
#include "analyzer/state/baseline_store.h"
#include "analyzer/state/database.h"
#include "analyzer/storage/store.h"
#include "analyzer/thresholds/alert_evaluator.h"
#include "common/clock.h"
#include "common/log.h"

namespace tidemark {

struct AnalyzerOptions {
  std::string config_file;  ///< empty: config::DefaultConfig
  std::string rules_path;
  std::string own_address;   ///< "localhost:9760", scraped without a configuration file
  std::string external_url;  ///< under which people reach the analyzer, for links in alerts
  rules::RestoreOptions restore;
  storage::StoreOptions storage;
  promql::EngineOptions engine;
};

/// The analyzer without its HTTP side: owns the parts; evaluates shipped rules, thresholds and health on one thread,
/// rule files of the configuration on a second, and maintains the store on a third. All public calls may be made from
/// any thread.
class Analyzer {
 public:
  using OnEvent = std::function<void(const std::string& name, const std::string& json)>;

  /// Opens the store and starts. `on_event` gets alert transitions and health changes as JSON.
  /// \throw config::ConfigError, state::DatabaseError, std::runtime_error
  Analyzer(const AnalyzerOptions& options, const Clock& clock, const Logger& logger, OnEvent on_event);
  ~Analyzer();

  /// Ends the evaluating threads: no event comes after it returns.
  void StopEvaluation();

  /// How the newest configuration came, for /api/v1/status.
  struct ConfigStatus {
    bool last_reload_succeeded = true;
    int64_t loaded_ms = 0;  ///< the one in force
    std::string text;       ///< of the one in force, without secrets
  };
  [[nodiscard]] ConfigStatus config_status() const;
  [[nodiscard]] int64_t start_ms() const { return start_ms_; }
  [[nodiscard]] const std::string& external_url() const { return options_.external_url; }
  [[nodiscard]] int64_t retention_ms() const { return options_.storage.retention_ms; }

  /// Reads configuration and rules again. Returns what is wrong, with everything left as it was, or an empty text.
  std::string Reload();

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const storage::Store& store() const { return store_; }
  [[nodiscard]] storage::Store& writable_store() { return store_; }
  [[nodiscard]] const promql::Engine& engine() const { return engine_; }
  [[nodiscard]] const scrape::ScrapeManager& scrapes() const { return *scrapes_; }
  [[nodiscard]] thresholds::ThresholdStore& thresholds() { return *thresholds_; }
  [[nodiscard]] const thresholds::AlertEvaluator& alerts() const { return *alerts_; }
  [[nodiscard]] const thresholds::AlertLog& alert_log() const { return *alert_log_; }
  [[nodiscard]] notify::Silences& silences() { return *silences_; }
  [[nodiscard]] const notify::Silences& silences() const { return *silences_; }
  [[nodiscard]] notify::Acknowledgements& acknowledgements() { return *acknowledgements_; }
  [[nodiscard]] const notify::Acknowledgements& acknowledgements() const { return *acknowledgements_; }
  [[nodiscard]] const notify::Dispatcher& dispatcher() const { return *dispatcher_; }
  [[nodiscard]] const notify::Alertmanagers& alertmanagers() const { return alertmanagers_; }
  [[nodiscard]] state::BaselineStore& baselines() { return *baselines_; }
  [[nodiscard]] RuleSetPtr rules() const;
  [[nodiscard]] int64_t evaluation_interval_ms() const;
  [[nodiscard]] const prometheus::Registry& registry() const { return registry_; }
  [[nodiscard]] prometheus::Registry& registry() { return registry_; }
  /// Copies samples and state to <storage path>/snapshots/<name>, from which an analyzer can be started. Returns the
  /// directory. \throw std::runtime_error
  std::string Snapshot(const std::string& name);
  /// Whether the first evaluation is done.
  [[nodiscard]] bool ready() const;

  /// Rule groups with how they went: those that are shipped, then those of the configured files.
  [[nodiscard]] std::vector<std::shared_ptr<const rules::GroupView>> RuleGroups() const;

 private:
  [[nodiscard]] config::Config LoadConfiguration() const;
  /// Of a configuration that is read: rules, what alerts may say, and who is told of them.
  void SetAlerting(const RuleSet& rules, const config::Config& config);
  [[nodiscard]] rules::RuleServices Services();
  void RunEvaluation(const std::stop_token& stop);
  void RunOwnRules(const std::stop_token& stop);
  /// Until a time of the clock, until there are other rules than those of a generation, or until it is to stop.
  void WaitUntil(int64_t time_ms, uint64_t generation, const std::stop_token& stop);
  void RunMaintenance(const std::stop_token& stop);
  void EvaluateOnce(int64_t now_ms);

  const AnalyzerOptions options_;
  const Clock& clock_;
  const Logger& logger_;
  const OnEvent on_event_;
  prometheus::Registry registry_;
  prometheus::Gauge& health_score_;
  prometheus::Histogram& evaluation_seconds_;

  storage::Store store_;
  promql::Engine engine_;
  notify::Alertmanagers alertmanagers_;
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<notify::Silences> silences_;
  std::unique_ptr<notify::Acknowledgements> acknowledgements_;
  std::unique_ptr<notify::Dispatcher> dispatcher_;
  std::unique_ptr<thresholds::ThresholdStore> thresholds_;
  std::unique_ptr<thresholds::AlertLog> alert_log_;
  std::unique_ptr<thresholds::AlertEvaluator> alerts_;
  std::unique_ptr<state::BaselineStore> baselines_;
  std::unique_ptr<scrape::ScrapeManager> scrapes_;
  std::unique_ptr<scrape::Discovery> discovery_;

  const int64_t start_ms_;
  mutable std::mutex rules_mutex_;  // guards rules_, interval_ms_, config_status_, ready_
  ConfigStatus config_status_;
  RuleSetPtr rules_;
  int64_t interval_ms_ = 30'000;
  bool ready_ = false;
  rules::Runner shipped_rules_;
  rules::Runner own_rules_;
  std::string last_health_status_;

  std::mutex wait_mutex_;  // for the condition variable only
  std::condition_variable_any woken_;
  std::atomic<uint64_t> rules_generation_ = 0;
  std::jthread evaluation_;
  std::jthread own_rules_thread_;
  std::jthread maintenance_;
};

}  // namespace tidemark
