#pragma once

#include <array>
#include <cstddef>
#include <map>

namespace tidemark::exporter::services {

/// Sums of counters over members that come and go; the sums never go back, since those that went leave what they had.
/// Between Begin and End, Add is called for each member that is there.
template <typename Member, size_t kCounters>
class LastingSum {
 public:
  using Values = std::array<double, kCounters>;

  void Begin() {
    for (auto& [member, state] : members_) state.is_there = false;
  }

  /// A value below the one before means that another member has taken the key.
  void Add(const Member& member, const Values& values) {
    State& state = members_[member];
    for (size_t i = 0; i < kCounters; ++i) {
      if (values[i] < state.values[i]) gone_[i] += state.values[i];
    }
    state.values = values;
    state.is_there = true;
  }

  [[nodiscard]] Values End() {
    std::erase_if(members_, [&](const auto& entry) {
      if (entry.second.is_there) return false;
      for (size_t i = 0; i < kCounters; ++i) gone_[i] += entry.second.values[i];
      return true;
    });
    Values sums = gone_;
    for (const auto& [member, state] : members_) {
      for (size_t i = 0; i < kCounters; ++i) sums[i] += state.values[i];
    }
    return sums;
  }

 private:
  struct State {
    Values values{};
    bool is_there = false;
  };
  std::map<Member, State> members_;
  Values gone_{};
};

}  // namespace tidemark::exporter::services
