// What a scrape allocates must not depend on how many samples it has.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <sstream>

#include "exporter/collector_set.h"
#include "tests/unit/collector_flags.h"
#include "tests/unit/file_tree.h"

namespace {
std::atomic<size_t> allocations = 0;
}

// All other forms of operator new and delete come to these two (C++20, 17.6.3).
void* operator new(size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }

using namespace tidemark;
using namespace tidemark::exporter;

namespace {

/// A host with so many CPUs, disks and network interfaces.
void WriteHost(const FileTree& tree, int devices) {
  std::ostringstream stat;
  std::ostringstream disks;
  std::ostringstream interfaces;
  std::ostringstream softnet;
  stat << "cpu  1 2 3 4 5 6 7 8 9 10\n";
  interfaces << "Inter-| Receive | Transmit\n face |bytes packets|bytes packets\n";
  for (int i = 0; i < devices; ++i) {
    stat << "cpu" << i << " 1234567 2 3 4 5 6 7 8 9 10\n";
    disks << "8 " << i << " disk" << i << " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";
    interfaces << "eth" << i << ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
    softnet << "000000ff 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n";
  }
  stat << "intr 5\nctxt 6\nbtime 1700000000\nprocesses 7\nprocs_running 1\nprocs_blocked 0\n";
  tree.Write("proc/stat", stat.str());
  tree.Write("proc/diskstats", disks.str());
  tree.Write("proc/net/dev", interfaces.str());
  tree.Write("proc/net/softnet_stat", softnet.str());
}

/// How often one more page of `collector` allocates.
size_t AllocationsOfScrape(const std::string& collector, int devices) {
  const FileTree tree;
  WriteHost(tree, devices);
  const Paths paths{tree.Path("proc"), tree.Path("sys"), "/", tree.Path("udev")};
  const Logger logger(LogLevel::kError, LogFormat::kLogfmt);
  const auto flags = CollectorFlags({{"collector.netdev.netlink", "false"}});
  CollectorSet set({collector}, {.paths = paths, .logger = logger, .flag_values = flags});
  const CollectorSet::Selection selection = set.Select({}, {});
  std::string page;
  size_t before = 0;
  for (int scrape = 0; scrape < 3; ++scrape) {
    page.clear();
    before = allocations;
    exposition::Writer writer(exposition::Format::kText004, page);
    set.WritePage(selection, writer);
  }
  const size_t made = allocations - before;
  INFO(page);
  CHECK(page.find("_success{collector=\"" + collector + "\"} 1\n") != std::string::npos);
  return made;
}

}  // namespace

TEST_CASE("after the first scrapes no sample allocates") {
  for (const std::string collector : {"cpu", "diskstats", "netdev", "softnet", "stat"}) {
    CAPTURE(collector);
    CHECK(AllocationsOfScrape(collector, 4) > 0);  // the counter counts
    CHECK(AllocationsOfScrape(collector, 400) == AllocationsOfScrape(collector, 4));
  }
}
