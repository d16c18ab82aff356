#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "common/exposition/parser.h"
#include "exporter/collector_set.h"
#include "tests/unit/collector_flags.h"
#include "tests/unit/file_tree.h"

using namespace tidemark;
using namespace tidemark::exporter;

namespace {

/// What these collectors of a set write, or all when none is named.
std::string PageOf(CollectorSet& set, const std::vector<std::string>& collectors) {
  std::string page;
  exposition::Writer writer(exposition::Format::kText004, page);
  set.WritePage(set.Select(collectors, {}), writer);
  return page;
}

/// One collector's page over a fixture tree.
std::string Collect(const FileTree& tree, const std::string& collector,
                    std::map<std::string, std::string, std::less<>> flags = {}) {
  const Paths paths{tree.Path("proc"), tree.Path("sys"), "/", tree.Path("udev")};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  flags = CollectorFlags(std::move(flags));
  CollectorSet set({collector}, {.paths = paths, .logger = logger, .flag_values = flags});
  std::string page = PageOf(set, {collector});
  exposition::Parser parser(page, exposition::Format::kText004);
  std::vector<exposition::Label> labels;
  while (true) {
    const auto entry = parser.Next();
    if (entry == exposition::Parser::Entry::kEnd) return page;
    INFO(parser.error());
    REQUIRE(entry != exposition::Parser::Entry::kError);
    if (entry == exposition::Parser::Entry::kSample) REQUIRE(parser.Labels(labels));
  }
}

bool Has(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}
bool Failed(const std::string& page, const std::string& collector) {
  return Has(page, "node_scrape_collector_success{collector=\"" + collector + "\"} 0");
}

}  // namespace

TEST_CASE("a page that two threads write is that of each collector after the other") {
  const FileTree tree;
  tree.Write("proc/loadavg", "1 2 3 4/5 6\n");
  tree.Write("proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nctxt 6\nbtime 7\nprocesses 8\n");
  tree.Write("proc/meminfo", "MemTotal: 5 kB\n");
  tree.Write("proc/vmstat", "pgfault 3\n");
  tree.Write("proc/sys/fs/file-nr", "1 0 2\n");
  tree.Write("proc/net/sockstat", "sockets: used 17\n");
  tree.Write("proc/sys/kernel/random/entropy_avail", "256\n");
  tree.Write("proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n");
  const Paths paths{tree.Path("proc"), tree.Path("sys"), "/", tree.Path("udev")};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  const auto flags = CollectorFlags();
  // Files that do not change under the test are all that these read.
  const std::vector<std::string> names{"conntrack", "cpu",      "diskstats", "edac", "entropy", "filefd",    "loadavg",
                                       "meminfo",   "sockstat", "stat",      "nfs",  "softnet", "tapestats", "vmstat"};
  CollectorSet set(names, {.paths = paths, .logger = logger, .flag_values = flags});
  const auto families = [&](const std::vector<std::string>& wanted) {
    const std::string page = PageOf(set, wanted);
    return page.substr(0, page.find("# HELP node_scrape_collector_duration_seconds"));
  };
  std::string expected;
  for (const std::string& name : set.Names()) expected += families({name});
  CHECK(Has(expected, "node_load1 1"));
  CHECK(Has(expected, "node_vmstat_pgfault 3"));
  for (int page = 0; page < 200; ++page) REQUIRE(families({}) == expected);
}

TEST_CASE("every collector of this release is registered, once, by name, textfile last") {
  std::string names;
  for (const CollectorDescriptor* descriptor : AllCollectors()) names += std::string(descriptor->name) + " ";
  CHECK(names ==
        "arp bcache bonding btrfs buddyinfo cgroups conntrack cpu cpufreq diskstats dmi drbd drm edac "
        "entropy ethtool fibrechannel filefd filesystem hwmon infiniband interrupts ipvs ksmd lnstat loadavg logind "
        "mdadm meminfo meminfo_numa mountstats netclass netdev netstat network_route nfs nfsd ntp nvme os "
        "powersupplyclass pressure probes processes qdisc rapl schedstat selinux services slabinfo sockstat "
        "softnet stat sysctl systemd tapestats tcpstat thermal_zone time timex udp_queues uname vmstat wifi xfs zfs "
        "zoneinfo textfile ");
}

TEST_CASE("cpu counters never go back, but start anew when a CPU was replugged") {
  const FileTree tree;
  const Paths paths{tree.Path("proc"), tree.Path("sys"), "/", ""};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  const std::map<std::string, std::string, std::less<>> flags{{"collector.cpu.guest", "false"},
                                                              {"collector.cpu.info", "false"},
                                                              {"collector.cpu.info.flags-include", ""},
                                                              {"collector.cpu.info.bugs-include", ""}};
  CollectorSet set({"cpu"}, {.paths = paths, .logger = logger, .flag_values = flags});
  const auto page = [&](const std::string& stat) {
    tree.Write("proc/stat", stat);
    return PageOf(set, {"cpu"});
  };
  CHECK(Has(page("cpu  1 2 3 4\ncpu0 100 200 300 4000 5 6 7 8 9 10\n"),
            "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 40"));
  CHECK(Has(page("cpu0 90 200 300 3950 5 6 7 8 9 10\n"), "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 40"));
  CHECK(Has(page("cpu0 1 1 1 100 0 0 0 0 0 0\n"), "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1"));
}

TEST_CASE("a CPU that is offline has zeros while others come after it, and none that Linux cannot have is taken") {
  const FileTree tree;
  tree.Write("proc/stat", "cpu0 100 0 0 4000\ncpu2 200 0 0 5000\n");
  const std::string page = Collect(tree, "cpu");
  CHECK(Has(page, "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 0"));
  CHECK(Has(page, "node_cpu_seconds_total{cpu=\"2\",mode=\"idle\"} 50"));
  tree.Write("proc/stat", "cpu0 100 0 0 4000\ncpu8192 200 0 0 5000\n");
  CHECK(Failed(Collect(tree, "cpu"), "cpu"));
}

TEST_CASE("datasets of ZFS whose names have blanks are told apart") {
  const FileTree tree;
  for (const std::string number : {"1", "2"}) {
    tree.Write(
        "proc/spl/kstat/zfs/tank/objset-0x" + number,
        "23 1 0x01 7 2160 221578688875 6665999035587\nname type data\ndataset_name                    7    tank/a " +
            number + "\nwrites                          4    " + number + "\n");
  }
  const std::string page = Collect(tree, "zfs");
  CHECK(Has(page, "node_zfs_zpool_dataset_writes{dataset=\"tank/a 1\",zpool=\"tank\"} 1"));
  CHECK(Has(page, "node_zfs_zpool_dataset_writes{dataset=\"tank/a 2\",zpool=\"tank\"} 2"));
}

TEST_CASE("hostile files cost the collector that reads them, and the page stays valid") {
  const std::string hostile[] = {"",
                                 "\n\n\n",
                                 "cpu0 x y z\n",
                                 "cpu0 -1 -2\n",
                                 std::string(100'000, 'a'),
                                 "MemTotal: abc kB\n",
                                 std::string("\xFF\xFE\x00\x01", 4),
                                 "a b c d e\n",
                                 "7 0 vda 1 2\n",
                                 "some avg10=0 total=x\n",
                                 "intr 99999999999999999999999\nctxt\n",
                                 "pgfault NaNs\n"};
  for (const std::string& content : hostile) {
    CAPTURE(content.substr(0, 40));
    const FileTree tree;
    for (const char* file : {"stat", "meminfo", "loadavg", "diskstats", "net/dev", "pressure/cpu", "pressure/io",
                             "pressure/memory", "vmstat", "1/mounts"}) {
      tree.Write(std::string("proc/") + file, content);
    }
    for (const char* collector : {"cpu", "stat", "meminfo", "loadavg", "diskstats", "pressure", "vmstat", "filesystem"})
      Collect(tree, collector);
    Collect(tree, "netdev", {{"collector.netdev.netlink", "false"}});
    CHECK(Failed(Collect(tree, "cpu"), "cpu"));
    CHECK(Failed(Collect(tree, "loadavg"), "loadavg"));
  }
}

TEST_CASE("missing files fail their collector") {
  const FileTree tree;
  for (const char* collector : {"cpu", "stat", "meminfo", "loadavg", "diskstats", "vmstat", "filesystem", "pressure"})
    CHECK(Failed(Collect(tree, collector), collector));
}

TEST_CASE("os-release that is cut short fails its collector until it is whole again") {
  const FileTree tree;
  const Paths paths{"/proc", "/sys", tree.Path(""), ""};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  CollectorSet set({"os"}, {.paths = paths, .logger = logger, .flag_values = {}});
  const auto page = [&](const std::string& content) {
    tree.Write("etc/os-release", content);
    return PageOf(set, {"os"});
  };
  for (const char* const cut : {"ID=a\nNAME=\"Exam", "ID=a\nNAM", "ID=a\nNAME='"}) {
    CAPTURE(cut);
    CHECK(Failed(page(cut), "os"));
    CHECK_FALSE(Failed(page("# comment\n\nID=a\nNAME=\"Example\"\nVERSION_ID=12\n"), "os"));
  }
}

TEST_CASE("a list of CPUs that is none fails the collector, which says the rest") {
  const FileTree tree;
  tree.Write("proc/stat", "cpu0 100 200 300 4000 5 6 7 8 9 10\n");
  tree.Write("sys/devices/system/cpu/isolated", "1-\n");
  const std::string page = Collect(tree, "cpu");
  CHECK(Failed(page, "cpu"));
  CHECK(Has(page, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 40"));
  CHECK(page.find("node_cpu_isolated") == std::string::npos);
}

TEST_CASE("a cpuinfo that tells of no processor fails the collector, which says the rest") {
  const FileTree tree;
  tree.Write("proc/stat", "cpu0 100 200 300 4000 5 6 7 8 9 10\n");
  for (const char* const content : {"", "\n\n", "model name : x\n"}) {
    CAPTURE(content);
    tree.Write("proc/cpuinfo", content);
    const std::string page = Collect(tree, "cpu", {{"collector.cpu.info", "true"}});
    CHECK(Failed(page, "cpu"));
    CHECK(Has(page, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 40"));
  }
}

TEST_CASE("diskstats reads old and new kernels and udev") {
  const FileTree tree;
  tree.Write("proc/diskstats",
             "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n7 0 loop0 1 2 3 "
             "4 5 6 7 8 9 10 11\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n");
  tree.Write("udev/b8:16",
             "S:disk\nE:ID_MODEL=Fast_Disk\nE:ID_SERIAL_SHORT=S1\nE:ID_FS_TYPE=ext4\nE:ID_ATA=1\nE:ID_ATA_ROTATION_"
             "RATE_RPM=7200\n");
  const std::string page = Collect(tree, "diskstats");
  CHECK(Has(page, "node_disk_read_bytes_total{device=\"sda\"} 1536"));
  CHECK(Has(page, "node_disk_discards_completed_total{device=\"sdb\"} 12"));
  CHECK(page.find("node_disk_discards_completed_total{device=\"sda\"}") == std::string::npos);
  CHECK(page.find("loop0") == std::string::npos);
  CHECK(page.find("sda1") == std::string::npos);
  CHECK(Has(page,
            "node_disk_info{device=\"sdb\",major=\"8\",minor=\"16\",model=\"Fast_Disk\",path=\"\",revision=\"\",serial="
            "\"S1\",wwn=\"\"} 1"));
  CHECK(Has(page, "node_disk_ata_rotation_rate_rpm{device=\"sdb\"} 7200"));
}

TEST_CASE("textfiles: good ones are published, bad ones named and left out") {
  const FileTree tree;
  tree.Write("text/good.prom", "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{queue=\"a\"} 1\njobs{kind=\"x\"} 2\n");
  tree.Write("text/timestamps.prom", "late 1 1000\n");
  tree.Write("text/broken.prom", "broken{ 1\n");
  tree.Write("text/twice.prom", "twice 1\ntwice 2\nthrice 3\n");
  tree.Write("text/later.prom", "node_textfile_scrape_error 5\nlater 1\n");
  tree.Write("text/no_end.prom", "no_end 1");
  tree.Write("text/.hidden.prom", "hidden 1\n");
  tree.Write("text/ignored.txt", "ignored 1\n");
  const std::string page = Collect(tree, "textfile", {{"collector.textfile.directory", tree.Path("text")}});
  CHECK(Has(page, "jobs{kind=\"\",queue=\"a\"} 1"));
  CHECK(Has(page, "node_textfile_scrape_error 1"));
  for (const char* present : {"twice 1", "thrice 3", "later 1", "hidden 1"}) CHECK(Has(page, present));
  for (const char* absent : {"late ", "broken{", "twice 2", "ignored 1", "scrape_error 5", "no_end"})
    CHECK(page.find(absent) == std::string::npos);
}

TEST_CASE("netclass: a property that is no number is 0, and a missing one is not there, as in node_exporter") {
  const FileTree tree;
  tree.Write("sys/class/net/eth0/ifindex", "x\n");
  tree.Write("sys/class/net/eth0/mtu", "1500\n");
  tree.Write("sys/class/net/eth1/mtu", "9000\n");
  const std::string page = Collect(tree, "netclass");
  CHECK(Has(page, "node_network_mtu_bytes{device=\"eth0\"} 1500"));
  CHECK(Has(page, "node_network_iface_id{device=\"eth0\"} 0"));
  CHECK(Has(page, "node_network_mtu_bytes{device=\"eth1\"} 9000"));
  CHECK(page.find("node_network_iface_id{device=\"eth1\"}") == std::string::npos);
}
