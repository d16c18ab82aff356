// A kernel's files with anything in them: the first byte says which one, the rest is what it holds. The page must stay
// one that Prometheus takes, whatever the collector makes of it.

#include <iterator>

#include "exporter/collector.h"
#include "tests/fuzz/page_check.h"
#include "tests/unit/collector_flags.h"
#include "tests/unit/file_tree.h"

namespace {

using namespace tidemark;
using namespace tidemark::exporter;

struct Source {
  const char* collector;
  const char* path;
};
/// The seeds in the corpus begin with an index of this list: new ones go to its end.
constexpr Source kSources[] = {
    {"arp", "proc/net/arp"},
    {"bcache", "sys/fs/bcache/a-b/bdev0/writeback_rate_debug"},
    {"bonding", "sys/class/net/bonding_masters"},
    {"buddyinfo", "proc/buddyinfo"},
    {"cgroups", "proc/cgroups"},
    {"conntrack", "proc/net/stat/nf_conntrack"},
    {"cpu", "proc/stat"},
    {"cpu", "proc/cpuinfo"},
    {"diskstats", "proc/diskstats"},
    {"diskstats", "udev/b8:0"},
    {"filefd", "proc/sys/fs/file-nr"},
    {"filesystem", "proc/1/mounts"},
    {"hwmon", "sys/class/hwmon/hwmon0/temp1_label"},
    {"infiniband", "sys/class/infiniband/a/ports/1/rate"},
    {"interrupts", "proc/interrupts"},
    {"ipvs", "proc/net/ip_vs"},
    {"ipvs", "proc/net/ip_vs_stats"},
    {"lnstat", "proc/net/stat/arp_cache"},
    {"loadavg", "proc/loadavg"},
    {"mdadm", "proc/mdstat"},
    {"meminfo", "proc/meminfo"},
    {"meminfo_numa", "sys/devices/system/node/node0/meminfo"},
    {"mountstats", "proc/self/mountstats"},
    {"mountstats", "proc/self/mountinfo"},
    {"netdev", "proc/net/dev"},
    {"netstat", "proc/net/netstat"},
    {"netstat", "proc/net/snmp6"},
    {"nfs", "proc/net/rpc/nfs"},
    {"nfsd", "proc/net/rpc/nfsd"},
    {"os", "etc/os-release"},
    {"pressure", "proc/pressure/cpu"},
    {"processes", "proc/1/stat"},
    {"rapl", "sys/class/powercap/intel-rapl:0/name"},
    {"schedstat", "proc/schedstat"},
    {"slabinfo", "proc/slabinfo"},
    {"sockstat", "proc/net/sockstat"},
    {"softnet", "proc/net/softnet_stat"},
    {"stat", "proc/stat"},
    {"textfile", "text/a.prom"},
    {"udp_queues", "proc/net/udp"},
    {"vmstat", "proc/vmstat"},
    {"xfs", "sys/fs/xfs/sda1/stats/stats"},
    {"zfs", "proc/spl/kstat/zfs/arcstats"},
    {"zfs", "proc/spl/kstat/zfs/tank/io"},
    {"cpu", "sys/devices/system/cpu/isolated"},
};

/// A few sound files, so that collectors come as far as the one that is not.
void WriteSoundFiles(const FileTree& tree) {
  for (const auto& [path, content] :
       {std::pair{"proc/net/snmp", "Tcp: A\nTcp: 1\n"}, std::pair{"proc/net/netstat", "Ip: A\nIp: 1\n"},
        std::pair{"proc/net/ip_vs_stats", "a\nb\n1 2 3 4 5\n"}, std::pair{"proc/net/ip_vs", ""},
        std::pair{"proc/sys/net/netfilter/nf_conntrack_count", "1\n"},
        std::pair{"proc/sys/net/netfilter/nf_conntrack_max", "1\n"},
        std::pair{"sys/class/hwmon/hwmon0/temp1_input", "1\n"}, std::pair{"sys/class/infiniband/a/board_id", "a\n"},
        std::pair{"sys/class/infiniband/a/fw_ver", "a\n"}, std::pair{"sys/class/infiniband/a/ports/1/state", "4: A\n"},
        std::pair{"sys/class/infiniband/a/ports/1/phys_state", "5: L\n"},
        std::pair{"sys/devices/system/node/node0/numastat", "numa_hit 1\n"},
        std::pair{"sys/class/powercap/intel-rapl:0/energy_uj", "1\n"}, std::pair{"proc/stat", "cpu0 1 2 3 4\n"},
        std::pair{"proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"},
        std::pair{"proc/sys/kernel/threads-max", "1\n"}, std::pair{"proc/sys/kernel/pid_max", "1\n"}})
    tree.Write(path, content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Source& source = kSources[data[0] % std::size(kSources)];
  const FileTree tree;
  WriteSoundFiles(tree);
  tree.Write(source.path, {reinterpret_cast<const char*>(data) + 1, size - 1});
  const Paths paths{tree.Path("proc"), tree.Path("sys"), tree.Path(""), tree.Path("udev")};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  const auto flags = CollectorFlags({{"collector.netdev.netlink", "false"},
                                     {"collector.cpu.info", "true"},
                                     {"collector.cpu.info.flags-include", "."},
                                     {"collector.textfile.directory", tree.Path("text")}});
  for (const CollectorDescriptor* descriptor : AllCollectors()) {
    if (descriptor->name != std::string_view(source.collector)) continue;
    const auto collector = descriptor->create({.paths = paths, .logger = logger, .flag_values = flags});
    for (const auto format : {exposition::Format::kText004, exposition::Format::kOpenMetrics}) {
      std::string page;
      exposition::Writer writer(format, page);
      collector->Collect(writer);
      writer.Finish();
      CheckPage(page, format);
    }
  }
  return 0;
}
