#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "analyzer/config/config.h"
#include "analyzer/notify/alert_message.h"
#include "analyzer/scrape/discovery.h"
#include "common/log.h"

namespace tidemark::notify {

/// Tells Alertmanagers of alerts by their API v2. Each has a queue and a thread of its own, so that one which is slow
/// or gone holds up no other; what does not fit its queue goes, the oldest first. Delivery is at least once: firing
/// alerts are told of again and again (SendState), so what was lost is told of a minute later. All public calls may be
/// made from any thread.
class Alertmanagers {
 public:
  Alertmanagers(const Logger& logger, prometheus::Registry& registry);
  ~Alertmanagers();

  void SetConfig(const config::Config& config);

  /// Queues alerts for every Alertmanager, with the external labels (which do not replace those of an alert) and after
  /// alert_relabel_configs.
  void Send(const std::vector<AlertMessage>& alerts);

  struct Addresses {
    std::vector<std::string> active;       ///< URLs of the API
    std::vector<storage::Labels> dropped;  ///< by relabelling
  };
  [[nodiscard]] Addresses Current() const;

 private:
  class Receiver;

  void SetTargets(const scrape::TargetSet& targets);

  const Logger& logger_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Counter>& errors_;
  prometheus::Family<prometheus::Counter>& dropped_;

  mutable std::mutex mutex_;  // guards the next four
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::vector<storage::Labels> dropped_targets_;
  std::map<std::string, std::string> external_labels_;
  std::vector<config::RelabelConfig> relabel_configs_;

  scrape::Discovery discovery_;  // last: calls SetTargets from its thread
};

}  // namespace tidemark::notify
