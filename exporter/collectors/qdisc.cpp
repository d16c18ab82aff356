// Queueing disciplines of network devices (tc(8)), those at the root, from rtnetlink(7).

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>

#include <algorithm>
#include <array>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/procfs/netlink.h"
#include "exporter/procfs/recording.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

// node_exporter's spelling.
constexpr const char* kInclude = "collector.qdisk.device-include";
constexpr const char* kExclude = "collector.qdisk.device-exclude";

constexpr const char* kFixtures = "collector.qdisc.fixtures";

constexpr FlagSpec kFlags[] = {
    {kInclude, "", "Regular expression of devices to include (not with device-exclude)"},
    {kExclude, "", "Regular expression of devices to exclude (not with device-include)"},
    {kFixtures, "", "Directory with recorded answers to read in place of the kernel's, as node_exporter's tests have"},
};

struct Discipline {
  std::string device;
  std::string kind;
  double bytes = 0;
  double packets = 0;
  double drops = 0;
  double requeues = 0;
  double overlimits = 0;
  double queued_packets = 0;
  double queued_bytes = 0;
};

struct Family {
  const char* name;
  const char* help;
  MetricType type;
  double Discipline::*value;
};
constexpr std::array<Family, 7> kFamilies{
    {{"node_qdisc_bytes_total", "Number of bytes sent.", MetricType::kCounter, &Discipline::bytes},
     {"node_qdisc_packets_total", "Number of packets sent.", MetricType::kCounter, &Discipline::packets},
     {"node_qdisc_drops_total", "Number of packets dropped.", MetricType::kCounter, &Discipline::drops},
     {"node_qdisc_requeues_total", "Number of packets dequeued, not transmitted, and requeued.", MetricType::kCounter,
      &Discipline::requeues},
     {"node_qdisc_overlimits_total", "Number of overlimit packets.", MetricType::kCounter, &Discipline::overlimits},
     {"node_qdisc_current_queue_length", "Number of packets currently in queue to be sent.", MetricType::kGauge,
      &Discipline::queued_packets},
     {"node_qdisc_backlog", "Number of bytes currently in queue to be sent.", MetricType::kGauge,
      &Discipline::queued_bytes}}};

class QdiscCollector final : public Collector {
 public:
  explicit QdiscCollector(const CollectorContext& context)
      : filter_(context, kExclude, kInclude), fixtures_(context.Flag(kFixtures)) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<Discipline> disciplines = fixtures_.empty() ? ReadKernel() : ReadFixtures();
    std::erase_if(disciplines, [&](const Discipline& discipline) { return filter_.Ignores(discipline.device); });
    if (disciplines.empty()) return CollectStatus::Ok();
    for (const Family& family : kFamilies) {
      writer.Family(family.name, family.help, family.type);
      for (const Discipline& discipline : disciplines)
        writer.Sample({{"device", discipline.device}, {"kind", discipline.kind}}, discipline.*family.value);
    }
    return CollectStatus::Ok();
  }

 private:
  static std::vector<Discipline> ReadKernel() {
    std::vector<Discipline> disciplines;
    procfs::NetlinkDump(NETLINK_ROUTE, RTM_GETQDISC, tcmsg{}, [&](const nlmsghdr& header) {
      const auto& message = *static_cast<const tcmsg*>(NLMSG_DATA(&header));
      if (header.nlmsg_type != RTM_NEWQDISC || message.tcm_parent != TC_H_ROOT) return;
      Discipline discipline = Read(header);
      discipline.device = procfs::InterfaceName(message.tcm_ifindex);
      disciplines.push_back(std::move(discipline));
    });
    return disciplines;
  }

  [[nodiscard]] std::vector<Discipline> ReadFixtures() const {
    std::vector<Discipline> disciplines;
    for (const nlohmann::json& recorded : procfs::ReadRecording(JoinPath(fixtures_, "results.json"))) {
      const auto number = [&](const char* name) { return procfs::RecordedNumber(recorded, name); };
      if (number("Parent") != 0) continue;
      disciplines.push_back({.device = procfs::RecordedText(recorded, "IfaceName"),
                             .kind = procfs::RecordedText(recorded, "Kind"),
                             .bytes = number("Bytes"),
                             .packets = number("Packets"),
                             .drops = number("Drops"),
                             .requeues = number("Requeues"),
                             .overlimits = number("Overlimits"),
                             .queued_packets = number("Qlen"),
                             .queued_bytes = number("Backlog")});
    }
    return disciplines;
  }

  static Discipline Read(const nlmsghdr& header) {
    Discipline discipline;
    procfs::ForEachMessageAttribute<tcmsg>(header, [&](const rtattr& attribute) {
      if (attribute.rta_type == TCA_KIND) {
        discipline.kind = procfs::AttributeText(attribute);
      } else if (attribute.rta_type == TCA_STATS2) {
        procfs::ForEachNestedAttribute(attribute, [&](const rtattr& nested) {
          if (nested.rta_type == TCA_STATS_BASIC) Take(procfs::AttributeValue<gnet_stats_basic>(nested), discipline);
          if (nested.rta_type == TCA_STATS_QUEUE) Take(procfs::AttributeValue<gnet_stats_queue>(nested), discipline);
        });
      }
    });
    return discipline;
  }

  static void Take(const gnet_stats_basic& basic, Discipline& discipline) {
    discipline.bytes = static_cast<double>(basic.bytes);
    discipline.packets = basic.packets;
  }
  static void Take(const gnet_stats_queue& queue, Discipline& discipline) {
    discipline.drops = queue.drops;
    discipline.requeues = queue.requeues;
    discipline.overlimits = queue.overlimits;
    discipline.queued_packets = queue.qlen;
    discipline.queued_bytes = queue.backlog;
  }

  DeviceFilter filter_;
  const std::string fixtures_;
};

TIDEMARK_COLLECTOR(qdisc,
                   {.name = "qdisc", .enabled_by_default = false, .flags = kFlags, .create = Create<QdiscCollector>});

}  // namespace
}  // namespace tidemark::exporter
