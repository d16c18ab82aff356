// Fibre Channel host adapters, from /sys/class/fc_host (the kernel's drivers/scsi/scsi_transport_fc.c).

#include <array>
#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Counter {
  const char* file;
  const char* metric;
  const char* help;
};
constexpr std::array<Counter, 14> kCounters{
    {{"dumped_frames", "node_fibrechannel_dumped_frames_total", "Number of dumped frames"},
     {"error_frames", "node_fibrechannel_error_frames_total", "Number of errors in frames"},
     {"invalid_crc_count", "node_fibrechannel_invalid_crc_total", "Invalid Cyclic Redundancy Check count"},
     {"rx_frames", "node_fibrechannel_rx_frames_total", "Number of frames received"},
     {"rx_words", "node_fibrechannel_rx_words_total", "Number of words received by host port"},
     {"tx_frames", "node_fibrechannel_tx_frames_total", "Number of frames transmitted by host port"},
     {"tx_words", "node_fibrechannel_tx_words_total", "Number of words transmitted by host port"},
     {"seconds_since_last_reset", "node_fibrechannel_seconds_since_last_reset_total",
      "Number of seconds since last host port reset"},
     {"invalid_tx_word_count", "node_fibrechannel_invalid_tx_words_total",
      "Number of invalid words transmitted by host port"},
     {"link_failure_count", "node_fibrechannel_link_failure_total", "Number of times the host port link has failed"},
     {"loss_of_sync_count", "node_fibrechannel_loss_of_sync_total",
      "Number of failures on either bit or transmission word boundaries"},
     {"loss_of_signal_count", "node_fibrechannel_loss_of_signal_total", "Number of times signal has been lost"},
     {"nos_count", "node_fibrechannel_nos_total", "Number Not_Operational Primitive Sequence received by host port"},
     {"fcp_packet_aborts", "node_fibrechannel_fcp_packet_aborts_total", "Number of aborted packets"}}};

struct Attribute {
  const char* file;
  const char* label;  ///< null: must be there, but is not on the page
  bool is_hexadecimal = false;
};
constexpr std::array<Attribute, 11> kAttributes{{{"speed", "speed"},
                                                 {"port_state", "port_state"},
                                                 {"port_type", "port_type"},
                                                 {"node_name", nullptr, true},
                                                 {"port_id", "port_id", true},
                                                 {"port_name", "port_name", true},
                                                 {"fabric_name", "fabric_name", true},
                                                 {"dev_loss_tmo", "dev_loss_tmo"},
                                                 {"symbolic_name", "symbolic_name"},
                                                 {"supported_classes", "supported_classes"},
                                                 {"supported_speeds", "supported_speeds"}}};

class FibrechannelCollector final : public Collector {
 public:
  explicit FibrechannelCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/fc_host")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> hosts;
    const int error = procfs::ListDirectory(directory_, hosts);
    if (error == ENOENT) return CollectStatus::NoDriver("no Fibre Channel: " + directory_);
    if (error != 0) return CollectStatus::Unreadable(directory_, error);
    SampleTable samples;
    for (const std::string& host : hosts) {
      SampleTable::LabelList labels{{"fc_host", host}};
      for (const Attribute& attribute : kAttributes) {
        const std::string path = JoinPath(directory_, host + "/" + attribute.file);
        auto text = procfs::ReadText(path);
        if (!text) return CollectStatus::Failed("cannot read " + path);
        constexpr size_t kPrefixBytes = 2;  // 0x
        if (attribute.is_hexadecimal && text->size() > kPrefixBytes) text->erase(0, kPrefixBytes);
        if (attribute.label != nullptr) labels.emplace_back(attribute.label, std::move(*text));
      }
      samples.Add("node_fibrechannel_info", "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
                  MetricType::kGauge, std::move(labels), 1);
      for (const Counter& counter : kCounters) {
        const std::string path = JoinPath(directory_, host + "/statistics/" + counter.file);
        // One that is missing is 0, as in node_exporter.
        const auto value = procfs::ParseInteger(procfs::ReadText(path).value_or("0"));
        if (!value) return CollectStatus::Failed("cannot read a number from " + path);
        if (*value == -1) continue;  // a driver that does not count it
        samples.Add(counter.metric, counter.help, MetricType::kCounter, {{"fc_host", host}},
                    static_cast<double>(static_cast<uint64_t>(*value)));
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
};

TIDEMARK_COLLECTOR(fibrechannel, {.name = "fibrechannel",
                                  .enabled_by_default = true,
                                  .flags = {},
                                  .create = Create<FibrechannelCollector>});

}  // namespace
}  // namespace tidemark::exporter
