// System time, time zone, and the kernel's clock sources (/sys/devices/system/clocksource).

#include <glob.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct ClockSource {
  std::string device;
  std::vector<std::string> available;
  std::string current;
};

class TimeCollector final : public Collector {
 public:
  explicit TimeCollector(const CollectorContext& context)
      : clock_source_path_(context.paths.Sys("devices/system/clocksource/clocksource")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const auto now = std::chrono::system_clock::now();
    const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
    const std::time_t whole_seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&whole_seconds, &local);
    writer.Single("node_time_seconds", "System time in seconds since epoch (1970).", MetricType::kGauge, seconds);
    writer.Family("node_time_zone_offset_seconds", "System time zone offset in seconds.", MetricType::kGauge);
    writer.Sample({{"time_zone", local.tm_zone}}, static_cast<double>(local.tm_gmtoff));

    const std::vector<ClockSource> sources = ReadClockSources();
    if (sources.empty()) return CollectStatus::Ok();
    writer.Family("node_time_clocksource_available_info",
                  "Available clocksources read from '/sys/devices/system/clocksource'.", MetricType::kGauge);
    for (const ClockSource& source : sources) {
      for (const std::string& name : source.available)
        writer.Sample({{"clocksource", name}, {"device", source.device}}, 1);
    }
    writer.Family("node_time_clocksource_current_info",
                  "Current clocksource read from '/sys/devices/system/clocksource'.", MetricType::kGauge);
    for (const ClockSource& source : sources) {
      writer.Sample({{"clocksource", source.current}, {"device", source.device}}, 1);
    }
    return CollectStatus::Ok();
  }

 private:
  [[nodiscard]] std::vector<ClockSource> ReadClockSources() const {
    std::vector<ClockSource> sources;
    glob_t found{};
    if (::glob((clock_source_path_ + "*").c_str(), 0, nullptr, &found) == 0) {
      for (size_t i = 0; i < found.gl_pathc; ++i) {
        const std::string directory = found.gl_pathv[i];
        std::string available;
        std::string current;
        if (ReadFile(directory + "/available_clocksource", 4096, available) != 0) continue;
        if (ReadFile(directory + "/current_clocksource", 4096, current) != 0) continue;
        ClockSource source{directory.substr(clock_source_path_.size()), {}, std::string(Trim(current))};
        procfs::Scanner scanner(Trim(available));
        scanner.NextLine();
        for (auto name = scanner.NextField(); !name.empty(); name = scanner.NextField())
          source.available.emplace_back(name);
        std::ranges::sort(source.available);
        sources.push_back(std::move(source));
      }
    }
    ::globfree(&found);
    return sources;
  }

  const std::string clock_source_path_;
};

TIDEMARK_COLLECTOR(time, {.name = "time", .enabled_by_default = true, .flags = {}, .create = Create<TimeCollector>});

}  // namespace
}  // namespace tidemark::exporter
