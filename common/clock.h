#pragma once

#include <cstdint>

namespace tidemark {

/// Where code gets the time from. Passed into constructors so that tests set the time instead of sleeping.
/// All calls may be made from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since the Unix epoch, as sample timestamps are.
  [[nodiscard]] virtual int64_t NowMs() const = 0;
};

/// The host's real-time clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowMs() const override;
};

}  // namespace tidemark
