// SCSI tape drives, from /sys/class/scsi_tape/*/stats (the kernel's Documentation/scsi/st.rst).

#include <re2/re2.h>

#include <array>
#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr const char* kIgnored = "collector.tapestats.ignored-devices";
// A product, not a quotient, which would be another number now and then.
constexpr double kSecondsPerNanosecond = 1e-9;

constexpr FlagSpec kFlags[] = {
    {kIgnored, "^$", "Regular expression of devices to ignore"},
};

struct Statistic {
  const char* file;
  const char* metric;
  const char* help;
  MetricType type;
  double factor;
};
constexpr std::array<Statistic, 10> kStatistics{
    {{"in_flight", "node_tape_io_now", "The number of I/Os currently outstanding to this device.", MetricType::kGauge,
      1},
     {"io_ns", "node_tape_io_time_seconds_total",
      "The amount of time spent waiting for all I/O to complete (including read and write). This includes tape "
      "movement commands such as seeking between file or set marks and implicit tape movement such as when rewind on "
      "close tape devices are used.",
      MetricType::kCounter, kSecondsPerNanosecond},
     {"other_cnt", "node_tape_io_others_total",
      "The number of I/Os issued to the tape drive other than read or write commands. The time taken to complete these "
      "commands uses the following calculation io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
      MetricType::kCounter, 1},
     {"read_byte_cnt", "node_tape_read_bytes_total", "The number of bytes read from the tape drive.",
      MetricType::kCounter, 1},
     {"read_cnt", "node_tape_reads_completed_total", "The number of read requests issued to the tape drive.",
      MetricType::kCounter, 1},
     {"read_ns", "node_tape_read_time_seconds_total", "The amount of time spent waiting for read requests to complete.",
      MetricType::kCounter, kSecondsPerNanosecond},
     {"resid_cnt", "node_tape_residual_total",
      "The number of times during a read or write we found the residual amount to be non-zero. This should mean that a "
      "program is issuing a read larger thean the block size on tape. For write not all data made it to tape.",
      MetricType::kCounter, 1},
     {"write_byte_cnt", "node_tape_written_bytes_total", "The number of bytes written to the tape drive.",
      MetricType::kCounter, 1},
     {"write_cnt", "node_tape_writes_completed_total", "The number of write requests issued to the tape drive.",
      MetricType::kCounter, 1},
     {"write_ns", "node_tape_write_time_seconds_total",
      "The amount of time spent waiting for write requests to complete.", MetricType::kCounter,
      kSecondsPerNanosecond}}};

class TapestatsCollector final : public Collector {
 public:
  explicit TapestatsCollector(const CollectorContext& context)
      : directory_(context.paths.Sys("class/scsi_tape")), ignored_(context.Pattern(kIgnored)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> names;
    const int error = procfs::ListDirectory(directory_, names);
    if (error == ENOENT) return CollectStatus::NoDriver("no tape drives: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    // st0a, nst0 and others are modes of the same drive.
    std::erase_if(names, [&](const std::string& name) {
      return procfs::NumberAfter(name, "st").empty() || (ignored_ && RE2::PartialMatch(name, *ignored_));
    });
    for (const Statistic& statistic : kStatistics) {
      if (names.empty()) break;
      writer.Family(statistic.metric, statistic.help, statistic.type);
      for (const std::string& name : names) {
        const std::string path = JoinPath(directory_, name + "/stats/" + statistic.file);
        // One that is missing is 0, as in node_exporter.
        const auto value = procfs::ParseUnsigned(procfs::ReadText(path).value_or("0"));
        if (!value) return CollectStatus::Failed("cannot read a number from " + path);
        writer.Sample({{"device", name}}, static_cast<double>(*value) * statistic.factor);
      }
    }
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
  const std::unique_ptr<RE2> ignored_;
};

TIDEMARK_COLLECTOR(tapestats, {.name = "tapestats",
                               .enabled_by_default = true,
                               .flags = kFlags,
                               .create = Create<TapestatsCollector>});

}  // namespace
}  // namespace tidemark::exporter
