// The kernel's clock discipline, from adjtimex(2).

#include <sys/timex.h>

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kMicroseconds = 1e6;
constexpr double kNanoseconds = 1e9;
/// Frequencies are parts per million with a 16-bit fraction.
constexpr double kPartsPerMillion16 = 1e6 * 65536.0;

class TimexCollector final : public Collector {
 public:
  explicit TimexCollector(const CollectorContext& /*context*/) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    timex clock{};
    const int state = ::adjtimex(&clock);
    if (state < 0) {
      if (errno == EPERM) return CollectStatus::NoData("adjtimex is not permitted");
      return CollectStatus::Failed("adjtimex: " + ErrnoText(errno));
    }
    const double divisor = (clock.status & STA_NANO) != 0 ? kNanoseconds : kMicroseconds;
    const auto scaled = [](long value, double by) { return static_cast<double>(value) / by; };
    const auto gauge = [&](const char* name, const char* help, double value) {
      writer.Single(name, help, MetricType::kGauge, value);
    };
    const auto counter = [&](const char* name, const char* help, long value) {
      writer.Single(name, help, MetricType::kCounter, static_cast<double>(value));
    };
    gauge("node_timex_sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
          state == TIME_ERROR ? 0 : 1);
    gauge("node_timex_offset_seconds", "Time offset in between local system and reference clock.",
          scaled(clock.offset, divisor));
    gauge("node_timex_frequency_adjustment_ratio", "Local clock frequency adjustment.",
          1 + scaled(clock.freq, kPartsPerMillion16));
    gauge("node_timex_maxerror_seconds", "Maximum error in seconds.", scaled(clock.maxerror, kMicroseconds));
    gauge("node_timex_estimated_error_seconds", "Estimated error in seconds.", scaled(clock.esterror, kMicroseconds));
    gauge("node_timex_status", "Value of the status array bits.", clock.status);
    gauge("node_timex_loop_time_constant", "Phase-locked loop time constant.", scaled(clock.constant, 1));
    gauge("node_timex_tick_seconds", "Seconds between clock ticks.", scaled(clock.tick, kMicroseconds));
    gauge("node_timex_pps_frequency_hertz", "Pulse per second frequency.", scaled(clock.ppsfreq, kPartsPerMillion16));
    gauge("node_timex_pps_jitter_seconds", "Pulse per second jitter.", scaled(clock.jitter, divisor));
    gauge("node_timex_pps_shift_seconds", "Pulse per second interval duration.", clock.shift);
    gauge("node_timex_pps_stability_hertz", "Pulse per second stability, average of recent frequency changes.",
          scaled(clock.stabil, kPartsPerMillion16));
    counter("node_timex_pps_jitter_total", "Pulse per second count of jitter limit exceeded events.", clock.jitcnt);
    counter("node_timex_pps_calibration_total", "Pulse per second count of calibration intervals.", clock.calcnt);
    counter("node_timex_pps_error_total", "Pulse per second count of calibration errors.", clock.errcnt);
    counter("node_timex_pps_stability_exceeded_total", "Pulse per second count of stability limit exceeded events.",
            clock.stbcnt);
    gauge("node_timex_tai_offset_seconds", "International Atomic Time (TAI) offset.", clock.tai);
    return CollectStatus::Ok();
  }
};

TIDEMARK_COLLECTOR(timex, {.name = "timex", .enabled_by_default = true, .flags = {}, .create = Create<TimexCollector>});

}  // namespace
}  // namespace tidemark::exporter
