#pragma once

#include <re2/re2.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exporter/collector.h"

namespace tidemark::exporter {

/// node_exporter's pair of --X-include and --X-exclude patterns, of which at most one may be given. Verdicts are
/// remembered by name, since the same few devices come back at every scrape. Not thread-safe.
class DeviceFilter {
 public:
  /// \throw std::invalid_argument when both patterns are set or one is malformed.
  DeviceFilter(const CollectorContext& context, std::string_view exclude_flag, std::string_view include_flag)
      : exclude_(context.Pattern(exclude_flag)), include_(context.Pattern(include_flag)) {
    if (exclude_ && include_) {
      throw std::invalid_argument("--" + std::string(exclude_flag) + " and --" + std::string(include_flag) +
                                  " exclude each other: set one of them to the empty string");
    }
  }

  bool Ignores(const std::string& device) {
    const auto known = verdicts_.find(device);
    if (known != verdicts_.end()) return known->second;
    const bool ignored =
        (exclude_ && RE2::PartialMatch(device, *exclude_)) || (include_ && !RE2::PartialMatch(device, *include_));
    constexpr size_t kMaxRemembered = 10'000;
    if (verdicts_.size() >= kMaxRemembered) verdicts_.clear();
    verdicts_.emplace(device, ignored);
    return ignored;
  }

 private:
  std::unique_ptr<RE2> exclude_;
  std::unique_ptr<RE2> include_;
  std::unordered_map<std::string, bool> verdicts_;
};

}  // namespace tidemark::exporter
