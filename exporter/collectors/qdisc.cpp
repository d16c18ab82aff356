// Queueing disciplines of network devices (tc(8)), those at the root, from rtnetlink(7).

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>

#include <algorithm>
#include <array>
#include <vector>

#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/procfs/netlink.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

// node_exporter's spelling.
constexpr const char* kInclude = "collector.qdisk.device-include";
constexpr const char* kExclude = "collector.qdisk.device-exclude";

constexpr FlagSpec kFlags[] = {
    {kInclude, "", "Regular expression of devices to include (not with device-exclude)"},
    {kExclude, "", "Regular expression of devices to exclude (not with device-include)"},
};

struct Discipline {
  std::string device;
  std::string kind;
  gnet_stats_basic basic{};
  gnet_stats_queue queue{};
};

struct Family {
  const char* name;
  const char* help;
  MetricType type;
  double (*value)(const Discipline& discipline);
};
constexpr std::array<Family, 7> kFamilies{
    {{"node_qdisc_bytes_total", "Number of bytes sent.", MetricType::kCounter,
      [](const Discipline& d) { return static_cast<double>(d.basic.bytes); }},
     {"node_qdisc_packets_total", "Number of packets sent.", MetricType::kCounter,
      [](const Discipline& d) { return static_cast<double>(d.basic.packets); }},
     {"node_qdisc_drops_total", "Number of packets dropped.", MetricType::kCounter,
      [](const Discipline& d) { return static_cast<double>(d.queue.drops); }},
     {"node_qdisc_requeues_total", "Number of packets dequeued, not transmitted, and requeued.", MetricType::kCounter,
      [](const Discipline& d) { return static_cast<double>(d.queue.requeues); }},
     {"node_qdisc_overlimits_total", "Number of overlimit packets.", MetricType::kCounter,
      [](const Discipline& d) { return static_cast<double>(d.queue.overlimits); }},
     {"node_qdisc_current_queue_length", "Number of packets currently in queue to be sent.", MetricType::kGauge,
      [](const Discipline& d) { return static_cast<double>(d.queue.qlen); }},
     {"node_qdisc_backlog", "Number of bytes currently in queue to be sent.", MetricType::kGauge,
      [](const Discipline& d) { return static_cast<double>(d.queue.backlog); }}}};

class QdiscCollector final : public Collector {
 public:
  explicit QdiscCollector(const CollectorContext& context) : filter_(context, kExclude, kInclude) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<Discipline> disciplines;
    procfs::NetlinkDump(NETLINK_ROUTE, RTM_GETQDISC, tcmsg{}, [&](const nlmsghdr& header) {
      const auto& message = *static_cast<const tcmsg*>(NLMSG_DATA(&header));
      if (header.nlmsg_type != RTM_NEWQDISC || message.tcm_parent != TC_H_ROOT) return;
      Discipline discipline = Read(header);
      discipline.device = procfs::InterfaceName(message.tcm_ifindex);
      if (!filter_.Ignores(discipline.device)) disciplines.push_back(std::move(discipline));
    });
    if (disciplines.empty()) return CollectStatus::Ok();
    for (const Family& family : kFamilies) {
      writer.Family(family.name, family.help, family.type);
      for (const Discipline& discipline : disciplines)
        writer.Sample({{"device", discipline.device}, {"kind", discipline.kind}}, family.value(discipline));
    }
    return CollectStatus::Ok();
  }

 private:
  static Discipline Read(const nlmsghdr& header) {
    Discipline discipline;
    procfs::ForEachMessageAttribute<tcmsg>(header, [&](const rtattr& attribute) {
      if (attribute.rta_type == TCA_KIND) {
        discipline.kind = procfs::AttributeText(attribute);
      } else if (attribute.rta_type == TCA_STATS2) {
        procfs::ForEachAttribute(RTA_DATA(&attribute), RTA_PAYLOAD(&attribute), [&](const rtattr& nested) {
          if (nested.rta_type == TCA_STATS_BASIC) discipline.basic = procfs::AttributeValue<gnet_stats_basic>(nested);
          if (nested.rta_type == TCA_STATS_QUEUE) discipline.queue = procfs::AttributeValue<gnet_stats_queue>(nested);
        });
      }
    });
    return discipline;
  }

  DeviceFilter filter_;
};

TIDEMARK_COLLECTOR(qdisc,
                   {.name = "qdisc", .enabled_by_default = false, .flags = kFlags, .create = Create<QdiscCollector>});

}  // namespace
}  // namespace tidemark::exporter
