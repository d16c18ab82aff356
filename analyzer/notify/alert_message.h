#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/storage/labels.h"

namespace tidemark::notify {

/// An alert as receivers are told of it.
struct AlertMessage {
  storage::Labels labels;  ///< with alertname
  std::map<std::string, std::string> annotations;
  int64_t starts_at_ms = 0;
  /// When it ended; or, while it fires, when it counts as ended unless there is word of it again.
  int64_t ends_at_ms = 0;
  std::string generator_url{};  ///< where its expression can be looked at
  std::string alert_id{};       ///< of a threshold's alert, which can be acknowledged
};

/// Where people can look at an expression.
std::string GeneratorUrl(const std::string& external_url, const std::string& expr);

/// How often a firing alert is told of again.
inline constexpr int64_t kResendDelayMs = 60'000;

/// When a firing alert counts as ended without further word: after four missed chances, as Prometheus has it.
constexpr int64_t ValidUntil(int64_t now_ms, int64_t interval_ms) {
  return now_ms + 4 * (interval_ms > kResendDelayMs ? interval_ms : kResendDelayMs);
}

/// Remembers when an alert was told of, and says when that is due again: when it begins, every kResendDelayMs while it
/// fires, and when it is over.
struct SendState {
  int64_t last_sent_ms = 0;

  /// \param resolved_ms 0: it fires
  bool IsDue(int64_t now_ms, int64_t resolved_ms) {
    const bool due = resolved_ms > last_sent_ms || last_sent_ms + kResendDelayMs <= now_ms;
    if (due) last_sent_ms = now_ms;
    return due;
  }
};

}  // namespace tidemark::notify
