#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "analyzer/config/notification_config.h"
#include "analyzer/storage/labels.h"

namespace tidemark::notify {

/// Which of the alerts that fire keep which others quiet, by Alertmanager's rules: a target is inhibited while a source
/// has the same values of the labels that must be equal (one that is missing counts as empty). Alerts that are both
/// source and target of a rule do not inhibit each other. Immutable.
class Inhibition {
 public:
  Inhibition() = default;
  Inhibition(const std::vector<config::InhibitRule>& rules, const std::vector<storage::Labels>& firing);

  /// The fingerprint of an alert that inhibits `alert`; empty: none does.
  [[nodiscard]] std::string InhibitorOf(const storage::Labels& alert) const;

 private:
  struct Sources {
    config::InhibitRule rule;
    /// Fingerprints by the values of the equal labels: of sources that are no targets too, and of the others.
    std::map<std::vector<std::string>, std::string> sources;
    std::map<std::vector<std::string>, std::string> both;
  };

  std::vector<Sources> rules_;
};

}  // namespace tidemark::notify
