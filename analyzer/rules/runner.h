#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "analyzer/rules/group.h"

namespace tidemark::rules {

/// Evaluates rule groups when they are due. One thread calls Evaluate; the others may be called from any.
class Runner {
 public:
  enum class Timing {
    kTogether,   ///< all at the times at which Evaluate is called, those with an interval of their own less often
    kStaggered,  ///< each at its own place within its interval, so that they do not load the machine at once
  };

  Runner(const RuleServices& services, Timing timing, const RestoreOptions& restore)
      : services_(services), timing_(timing), restore_(restore) {}

  /// Groups that are the same go on with their alerts and series; the series of others end. Waits for an evaluation
  /// that is under way.
  void SetGroups(const std::vector<RuleGroup>& groups, const templating::AlertContext& context,
                 int64_t default_interval_ms, int64_t now_ms);

  /// Evaluates the groups that are due. Returns when the next one is (kMaxTime: there is none).
  int64_t Evaluate(int64_t now_ms);

  /// The groups as their last evaluation left them.
  [[nodiscard]] std::vector<std::shared_ptr<const GroupView>> Views() const;

 private:
  struct Entry {
    std::unique_ptr<Group> group;
    int64_t next_due_ms = 0;
    int evaluations = 0;  ///< until its alerts are restored
  };

  void EvaluateGroup(Entry& entry, size_t index, int64_t time_ms);
  [[nodiscard]] int64_t FirstDue(const Group& group, int64_t now_ms) const;

  const RuleServices services_;
  const Timing timing_;
  const RestoreOptions restore_;

  std::mutex evaluation_mutex_;  // guards entries_, context_, is_first_set_
  std::vector<Entry> entries_;
  templating::AlertContext context_;
  bool is_first_set_ = true;

  mutable std::mutex views_mutex_;  // guards views_
  std::vector<std::shared_ptr<const GroupView>> views_;
};

}  // namespace tidemark::rules
