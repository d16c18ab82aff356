#include "analyzer/analyzer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "analyzer/storage/labels_json.h"
#include "common/json_values.h"
#include "common/timestamp.h"

namespace tidemark {
namespace {

using nlohmann::ordered_json;

constexpr const char* kDatabaseFile = "state.db";
constexpr std::chrono::seconds kMaintenanceInterval{1};

std::string DatabasePath(const storage::StoreOptions& storage) {
  return storage.path.empty() ? ":memory:" : JoinPath(storage.path, kDatabaseFile);
}

}  // namespace

Analyzer::Analyzer(const AnalyzerOptions& options, const Clock& clock, const Logger& logger, OnEvent on_event)
    : options_(options),
      clock_(clock),
      logger_(logger),
      on_event_(std::move(on_event)),
      health_score_(prometheus::BuildGauge()
                        .Name("tidemark_health_score")
                        .Help("Health of everything watched, 0 to 100.")
                        .Register(registry_)
                        .Add({})),
      evaluation_seconds_(
          prometheus::BuildHistogram()
              .Name("tidemark_evaluation_duration_seconds")
              .Help("How long one evaluation of all rules and thresholds took.")
              .Register(registry_)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10})),
      store_(options.storage, clock, logger),
      engine_(store_, options.engine),
      alertmanagers_(logger, registry_),
      start_ms_(clock.NowMs()),
      shipped_rules_(Services(), rules::Runner::Timing::kTogether, options.restore),
      own_rules_(Services(), rules::Runner::Timing::kStaggered, options.restore) {
  database_ = std::make_unique<state::Database>(DatabasePath(options_.storage));
  silences_ = std::make_unique<notify::Silences>(*database_);
  acknowledgements_ = std::make_unique<notify::Acknowledgements>(*database_);
  dispatcher_ =
      std::make_unique<notify::Dispatcher>(*database_, clock_, logger_, registry_, *silences_, *acknowledgements_);
  const config::Config config = LoadConfiguration();
  rules_ = LoadRuleSet(options_.rules_path, config.rule_files, config.threshold_files);
  interval_ms_ = config.evaluation_interval_ms;
  config_status_ = {true, clock_.NowMs(), config.text};
  thresholds_ = std::make_unique<thresholds::ThresholdStore>(*database_, clock_, logger_);
  thresholds_->SetBase(rules_->thresholds, rules_->own_thresholds);
  alert_log_ = std::make_unique<thresholds::AlertLog>(*database_);
  baselines_ = std::make_unique<state::BaselineStore>(*database_);
  alerts_ = std::make_unique<thresholds::AlertEvaluator>(
      engine_, store_, *thresholds_, *alert_log_, logger_,
      [this](const std::string& threshold, const thresholds::Transition& transition) {
        on_event_("alert", DumpJson(ordered_json{{"threshold", threshold},
                                                 {"change", thresholds::ChangeName(transition.change)},
                                                 {"level", thresholds::LevelName(transition.alert.level)},
                                                 {"value", transition.alert.value},
                                                 {"labels", storage::LabelsJson(transition.alert.labels)}}));
      },
      Services().notify);
  SetAlerting(*rules_, config);
  scrapes_ = std::make_unique<scrape::ScrapeManager>(store_, clock_, logger_, registry_);
  discovery_ = std::make_unique<scrape::Discovery>(
      logger_, [this](const scrape::TargetSet& targets) { scrapes_->SetTargets(targets); });
  discovery_->SetConfig(config);
  evaluation_ = std::jthread([this](const std::stop_token& stop) { RunEvaluation(stop); });
  own_rules_thread_ = std::jthread([this](const std::stop_token& stop) { RunOwnRules(stop); });
  maintenance_ = std::jthread([this](const std::stop_token& stop) { RunMaintenance(stop); });
}

Analyzer::~Analyzer() {
  StopEvaluation();
  maintenance_.request_stop();
  discovery_.reset();
  scrapes_.reset();
  maintenance_.join();
}

void Analyzer::StopEvaluation() {
  for (std::jthread* thread : {&evaluation_, &own_rules_thread_}) thread->request_stop();
  for (std::jthread* thread : {&evaluation_, &own_rules_thread_}) {
    if (thread->joinable()) thread->join();
  }
}

config::Config Analyzer::LoadConfiguration() const {
  return options_.config_file.empty() ? config::DefaultConfig(options_.own_address)
                                      : config::LoadConfig(options_.config_file);
}

std::string Analyzer::Reload() {
  try {
    const config::Config config = LoadConfiguration();
    RuleSetPtr rules = LoadRuleSet(options_.rules_path, config.rule_files, config.threshold_files);
    // First what may refuse.
    SetAlerting(*rules, config);
    thresholds_->SetBase(rules->thresholds, rules->own_thresholds);
    {
      const std::lock_guard lock(rules_mutex_);
      rules_ = std::move(rules);
      interval_ms_ = config.evaluation_interval_ms;
      config_status_ = {true, clock_.NowMs(), config.text};
    }
    discovery_->SetConfig(config);
    logger_.Info("configuration is reloaded");
    return "";
  } catch (const std::runtime_error& error) {
    logger_.Error("configuration is not reloaded, the old one stays", {{"err", error.what()}});
    const std::lock_guard lock(rules_mutex_);
    config_status_.last_reload_succeeded = false;
    return error.what();
  }
}

std::string Analyzer::Snapshot(const std::string& name) {
  if (options_.storage.path.empty()) throw std::runtime_error("the analyzer keeps nothing on disk (--storage.path)");
  std::string directory = JoinPath(options_.storage.path, "snapshots/" + name);
  // Under another name until it is whole.
  const std::string unfinished = directory + ".new";
  try {
    store_.Snapshot(unfinished);
    database_->BackUp(JoinPath(unfinished, kDatabaseFile));
    std::filesystem::rename(unfinished, directory);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(unfinished, ignored);
    throw;
  }
  return directory;
}

Analyzer::ConfigStatus Analyzer::config_status() const {
  const std::lock_guard lock(rules_mutex_);
  return config_status_;
}

RuleSetPtr Analyzer::rules() const {
  const std::lock_guard lock(rules_mutex_);
  return rules_;
}

int64_t Analyzer::evaluation_interval_ms() const {
  const std::lock_guard lock(rules_mutex_);
  return interval_ms_;
}

bool Analyzer::ready() const {
  const std::lock_guard lock(rules_mutex_);
  return ready_;
}

rules::RuleServices Analyzer::Services() {
  return {engine_, store_, logger_, [this](const std::vector<notify::AlertMessage>& alerts) {
            alertmanagers_.Send(alerts);
            dispatcher_->Send(alerts);
          }};
}

void Analyzer::SetAlerting(const RuleSet& rules, const config::Config& config) {
  const templating::AlertContext context{.external_labels = config.external_labels,
                                         .environment = {.query = {}, .external_url = options_.external_url}};
  dispatcher_->SetConfig(config, rules.inhibit_rules, options_.external_url, JoinPath(options_.rules_path, "notify"));
  alerts_->SetContext(context);
  alertmanagers_.SetConfig(config);
  const int64_t now_ms = clock_.NowMs();
  shipped_rules_.SetGroups(rules.shipped_groups, context, config.evaluation_interval_ms, now_ms);
  own_rules_.SetGroups(rules.own_groups, context, config.evaluation_interval_ms, now_ms);
  {
    const std::lock_guard lock(wait_mutex_);
    ++rules_generation_;
  }
  woken_.notify_all();
}

std::vector<std::shared_ptr<const rules::GroupView>> Analyzer::RuleGroups() const {
  std::vector<std::shared_ptr<const rules::GroupView>> groups = shipped_rules_.Views();
  std::ranges::copy(own_rules_.Views(), std::back_inserter(groups));
  return groups;
}

void Analyzer::EvaluateOnce(int64_t now_ms) {
  const auto begin = std::chrono::steady_clock::now();
  shipped_rules_.Evaluate(now_ms);
  alerts_->Evaluate(now_ms, evaluation_interval_ms());
  const health::Health health = health::Score(rules()->health, engine_, now_ms);
  health_score_.Set(health.score);
  const std::string status = health::StatusName(health.status);
  if (std::exchange(last_health_status_, status) != status) {
    on_event_("health",
              DumpJson(ordered_json{{"score", health.score}, {"status", status}, {"time", FormatRfc3339(now_ms)}}));
  }
  evaluation_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  const std::lock_guard lock(rules_mutex_);
  ready_ = true;
}

void Analyzer::RunEvaluation(const std::stop_token& stop) {
  std::optional<uint64_t> seen_generation;
  int64_t last_slot_ms = 0;
  while (!stop.stop_requested()) {
    const uint64_t generation = rules_generation_;
    const int64_t interval_ms = evaluation_interval_ms();
    const int64_t now_ms = clock_.NowMs();
    const int64_t slot_ms = now_ms - now_ms % interval_ms;
    // New rules at once, and then each interval as of its begin: were it the time at which the thread wakes, a
    // condition for two intervals would be a millisecond short of them as often as not, and fire an interval later.
    const bool has_new_rules = std::exchange(seen_generation, generation) != generation;
    if (std::exchange(last_slot_ms, slot_ms) != slot_ms || has_new_rules) {
      try {
        EvaluateOnce(has_new_rules ? now_ms : slot_ms);
      } catch (const std::exception& error) {
        logger_.Error("evaluation failed", {{"err", error.what()}});
      }
    }
    WaitUntil(slot_ms + interval_ms, generation, stop);
  }
}

void Analyzer::RunOwnRules(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const uint64_t generation = rules_generation_;
    int64_t next_ms = clock_.NowMs() + evaluation_interval_ms();
    try {
      next_ms = own_rules_.Evaluate(clock_.NowMs());
    } catch (const std::exception& error) {
      logger_.Error("evaluation of rule files failed", {{"err", error.what()}});
    }
    WaitUntil(next_ms, generation, stop);
  }
}

void Analyzer::WaitUntil(int64_t time_ms, uint64_t generation, const std::stop_token& stop) {
  // The clock may be set while this waits, which then lasts no longer.
  constexpr int64_t kLongestWaitMs = 60'000;
  const int64_t wait_ms = std::clamp<int64_t>(time_ms - clock_.NowMs(), 1, kLongestWaitMs);
  std::unique_lock lock(wait_mutex_);
  woken_.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [&] { return rules_generation_ != generation; });
}

void Analyzer::RunMaintenance(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      store_.Maintain();
    } catch (const std::exception& error) {
      logger_.Error("maintenance of the store failed", {{"err", error.what()}});
    }
    std::unique_lock lock(wait_mutex_);
    woken_.wait_for(lock, stop, kMaintenanceInterval, [] { return false; });
  }
}

}  // namespace tidemark
