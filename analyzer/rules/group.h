#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/promql/engine.h"
#include "analyzer/rules/alert_states.h"
#include "analyzer/rules/rule_file.h"
#include "analyzer/storage/live_series.h"
#include "common/log.h"

namespace tidemark::rules {

/// What rules are evaluated with.
struct RuleServices {
  const promql::Engine& engine;
  storage::Appendable& storage;
  const Logger& logger;
  std::function<void(const std::vector<notify::AlertMessage>& alerts)> notify = {};  ///< empty: nobody is told
};

/// How a rule's last evaluation went.
struct RuleStatus {
  std::string last_error;
  int64_t last_evaluation_ms = 0;  ///< 0: never
  double last_duration_seconds = 0;
};

struct RuleView {
  RuleStatus status;
  std::vector<Alert> alerts;  ///< pending and firing
};

/// A group with how it went. Immutable.
struct GroupView {
  std::shared_ptr<const RuleGroup> definition;
  int64_t interval_ms = 0;
  int64_t last_evaluation_ms = 0;
  double last_duration_seconds = 0;
  std::vector<RuleView> rules;  ///< as in the definition
};

/// How long alerts are remembered over a restart, as the flags --rules.alert.* say.
struct RestoreOptions {
  int64_t outage_tolerance_ms = 3'600'000;  ///< of what was pending or firing longer ago nothing is known
  int64_t grace_period_ms = 600'000;  ///< a restored alert fires no earlier; rules with a shorter `for` begin anew
};

/// A rule group at work. Used by one thread at a time.
class Group {
 public:
  Group(RuleGroup definition, int64_t default_interval_ms);

  /// Takes the alerts and series over of rules that are the same in a group that this one replaces.
  void TakeOver(Group& old);
  /// Evaluates every rule. One that fails writes nothing and leaves its alerts as they are.
  void Evaluate(const RuleServices& services, const templating::AlertContext& context, int64_t now_ms);
  /// Puts `active at` of alerts back to what ALERTS_FOR_STATE says of the time before a restart. Until then alerts are
  /// not recorded, so that the old series can be read.
  void RestoreAlerts(const RuleServices& services, const RestoreOptions& options, int64_t now_ms);
  /// What began without a past.
  void SkipRestoring() { restored_ = true; }
  [[nodiscard]] bool restored() const { return restored_; }
  /// Ends the series it recorded.
  void End(const RuleServices& services, int64_t now_ms);

  [[nodiscard]] const RuleGroup& definition() const { return *definition_; }
  [[nodiscard]] int64_t interval_ms() const { return interval_ms_; }
  [[nodiscard]] const AlertStates& alerts(size_t rule) const { return states_[rule].alerts; }
  [[nodiscard]] std::shared_ptr<const GroupView> View() const;

 private:
  struct RuleState {
    RuleStatus status;
    storage::LiveSeries live;
    AlertStates alerts;
  };

  void Notify(const RuleServices& services, const templating::AlertContext& context, int64_t now_ms);
  [[nodiscard]] std::vector<storage::LiveSeries::Value> Outcome(const Rule& rule, RuleState& state,
                                                                const std::vector<storage::SeriesSamples>& series,
                                                                const templating::AlertContext& context,
                                                                int64_t now_ms) const;

  std::shared_ptr<const RuleGroup> definition_;
  int64_t interval_ms_;
  std::vector<RuleState> states_;
  bool restored_ = false;
  int64_t last_evaluation_ms_ = 0;
  double last_duration_seconds_ = 0;
};

}  // namespace tidemark::rules
