// Replicated block devices, from /proc/drbd (DRBD 8.4's drbd/drbd_proc.c). Of each device two lines:
//
//   1: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
//      ns:17324442 nr:10961024 dw:28263904 dr:7051040 al:5 bm:6 lo:7 pe:8 ua:9 ap:10 ep:1 wo:d oos:13

#include <array>
#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

constexpr double kKibibyte = 1024;

struct Number {
  std::string_view key;
  const char* metric;
  const char* help;
  MetricType type = MetricType::kGauge;
  double factor = 1;
};
constexpr std::array<Number, 12> kNumbers{
    {{"ns", "node_drbd_network_sent_bytes_total", "Total number of bytes sent via the network.", MetricType::kCounter,
      kKibibyte},
     {"nr", "node_drbd_network_received_bytes_total", "Total number of bytes received via the network.",
      MetricType::kCounter, 1},
     {"dw", "node_drbd_disk_written_bytes_total", "Net data written on local hard disk; in bytes.",
      MetricType::kCounter, kKibibyte},
     {"dr", "node_drbd_disk_read_bytes_total", "Net data read from local hard disk; in bytes.", MetricType::kCounter,
      kKibibyte},
     {"al", "node_drbd_activitylog_writes_total", "Number of updates of the activity log area of the meta data.",
      MetricType::kCounter},
     {"bm", "node_drbd_bitmap_writes_total", "Number of updates of the bitmap area of the meta data.",
      MetricType::kCounter},
     {"lo", "node_drbd_local_pending", "Number of open requests to the local I/O sub-system."},
     {"pe", "node_drbd_remote_pending",
      "Number of requests sent to the peer, but that have not yet been answered by the latter."},
     {"ua", "node_drbd_remote_unacknowledged",
      "Number of requests received by the peer via the network connection, but that have not yet been answered."},
     {"ap", "node_drbd_application_pending",
      "Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD."},
     {"ep", "node_drbd_epochs", "Number of Epochs currently on the fly."},
     {"oos", "node_drbd_out_of_sync_bytes", "Amount of data known to be out of sync; in bytes.", MetricType::kGauge,
      kKibibyte}}};

class DrbdCollector final : public Collector {
 public:
  explicit DrbdCollector(const CollectorContext& context) : file_(context.paths.Proc("drbd")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const int error = ReadFile(file_, 1 << 20, content_);
    if (error == ENOENT) return CollectStatus::NoData("no DRBD: " + file_.path());
    if (error != 0) return CollectStatus::Unreadable(file_.path(), error);
    SampleTable samples;
    std::string device;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
        const size_t colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view key = field.substr(0, colon);
        const std::string_view value = field.substr(colon + 1);
        if (value.empty()) {
          if (procfs::ParseUnsigned(key)) device = "drbd" + std::string(key);
        } else if (!device.empty() && !Add(device, key, value, samples)) {
          return CollectStatus::Failed("malformed \"" + std::string(field) + "\" in " + file_.path());
        }
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  static bool Add(const std::string& device, std::string_view key, std::string_view value, SampleTable& samples) {
    for (const Number& number : kNumbers) {
      if (number.key != key) continue;
      const auto parsed = procfs::ParseDecimal(value);
      if (!parsed) return false;
      samples.Add(number.metric, number.help, number.type, {{"device", device}}, *parsed * number.factor);
    }
    if (key == "cs") {
      samples.Add("node_drbd_connected", "Whether DRBD is connected to the peer.", MetricType::kGauge,
                  {{"device", device}}, value == "Connected" ? 1 : 0);
    } else if (key == "ro") {
      AddPair(device, value, "Primary", "node_drbd_node_role_is_primary",
              "Whether the role of the node is in the primary state.", samples);
    } else if (key == "ds") {
      AddPair(device, value, "UpToDate", "node_drbd_disk_state_is_up_to_date",
              "Whether the disk of the node is up to date.", samples);
    }
    return true;
  }

  /// "Primary/Secondary": of this node and of its peer.
  static void AddPair(const std::string& device, std::string_view value, std::string_view good, const char* metric,
                      const char* help, SampleTable& samples) {
    const size_t slash = value.find('/');
    if (slash == std::string_view::npos) return;
    samples.Add(metric, help, MetricType::kGauge, {{"device", device}, {"node", "local"}},
                value.substr(0, slash) == good ? 1 : 0);
    samples.Add(metric, help, MetricType::kGauge, {{"device", device}, {"node", "remote"}},
                value.substr(slash + 1) == good ? 1 : 0);
  }

  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(drbd, {.name = "drbd", .enabled_by_default = false, .flags = {}, .create = Create<DrbdCollector>});

}  // namespace
}  // namespace tidemark::exporter
