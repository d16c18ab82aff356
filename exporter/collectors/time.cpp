// System time, time zone, and the kernel's clock sources (/sys/devices/system/clocksource).

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_directory.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

/// A clock source device, whose files stay open.
struct ClockSource {
  std::string device;  ///< the number in its name
  procfs::KernelFile available_file;
  procfs::KernelFile current_file;
  std::vector<std::string> available;
  std::string current;

  /// Whether both files could be read.
  bool Read() {
    constexpr size_t kMaxBytes = 4096;
    std::string names;
    if (ReadFile(available_file, kMaxBytes, names) != 0 || ReadFile(current_file, kMaxBytes, current) != 0)
      return false;
    current = Trim(current);
    available.clear();
    procfs::Scanner scanner(Trim(names));
    scanner.NextLine();
    for (auto name = scanner.NextField(); !name.empty(); name = scanner.NextField()) available.emplace_back(name);
    std::ranges::sort(available);
    return true;
  }
};

class TimeCollector final : public Collector {
 public:
  explicit TimeCollector(const CollectorContext& context)
      : shared_reads_(context.shared_reads), directory_(context.paths.Sys("devices/system/clocksource")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const auto now = std::chrono::system_clock::now();
    const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
    const std::time_t whole_seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&whole_seconds, &local);
    writer.Single("node_time_seconds", "System time in seconds since epoch (1970).", MetricType::kGauge, seconds);
    writer.Family("node_time_zone_offset_seconds", "System time zone offset in seconds.", MetricType::kGauge);
    writer.Sample({{"time_zone", local.tm_zone}}, static_cast<double>(local.tm_gmtoff));

    FindClockSources();
    std::vector<const ClockSource*> sources;
    for (ClockSource& source : sources_) {
      if (source.Read()) sources.push_back(&source);
    }
    if (sources.empty()) return CollectStatus::Ok();
    writer.Family("node_time_clocksource_available_info",
                  "Available clocksources read from '/sys/devices/system/clocksource'.", MetricType::kGauge);
    for (const ClockSource* source : sources) {
      for (const std::string& name : source->available)
        writer.Sample({{"clocksource", name}, {"device", source->device}}, 1);
    }
    writer.Family("node_time_clocksource_current_info",
                  "Current clocksource read from '/sys/devices/system/clocksource'.", MetricType::kGauge);
    for (const ClockSource* source : sources)
      writer.Sample({{"clocksource", source->current}, {"device", source->device}}, 1);
    return CollectStatus::Ok();
  }

 private:
  /// Makes sources_ those that there are now.
  void FindClockSources() {
    if (!sources_.empty() && !shared_reads_->looks_for_drivers()) return;
    constexpr std::string_view kPrefix = "clocksource";
    std::vector<std::string> names;
    directory_.List(names);
    std::erase_if(names, [&](const std::string& name) { return !name.starts_with(kPrefix); });
    if (names == names_) return;
    sources_.clear();
    for (const std::string& name : names) {
      const std::string directory = JoinPath(directory_.path(), name);
      const auto file = [&](const char* base) {
        return procfs::KernelFile(JoinPath(directory, base), procfs::KernelFile::Pieces::kOne);
      };
      sources_.push_back(
          {name.substr(kPrefix.size()), file("available_clocksource"), file("current_clocksource"), {}, {}});
    }
    names_ = std::move(names);
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  procfs::KernelDirectory directory_;
  std::vector<std::string> names_;
  std::vector<ClockSource> sources_;  // by names_
};

TIDEMARK_COLLECTOR(time, {.name = "time", .enabled_by_default = true, .flags = {}, .create = Create<TimeCollector>});

}  // namespace
}  // namespace tidemark::exporter
