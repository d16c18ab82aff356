// Entries of the ARP table by interface, from /proc/net/arp (arp(7)).

#include <map>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/collectors/device_filter.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

constexpr const char* kExclude = "collector.arp.device-exclude";
constexpr const char* kInclude = "collector.arp.device-include";

constexpr FlagSpec kFlags[] = {
    {kInclude, "", "Regular expression of devices to include (not with device-exclude)"},
    {kExclude, "", "Regular expression of devices to exclude (not with device-include)"},
};

class ArpCollector final : public Collector {
 public:
  explicit ArpCollector(const CollectorContext& context)
      : file_(context.paths.Proc("net/arp"), procfs::KernelFile::Pieces::kShort),
        filter_(context, kExclude, kInclude) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 64 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    std::map<std::string, uint64_t, std::less<>> entries;
    procfs::Scanner scanner(content_);
    scanner.NextLine();  // the header
    while (scanner.NextLine()) {
      constexpr size_t kColumns = 6;
      size_t columns = 0;
      std::string_view device;
      for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField(), ++columns) device = field;
      if (columns < kColumns) return CollectStatus::Failed("line with fewer than six fields in " + file_.path());
      ++entries.try_emplace(std::string(device)).first->second;
    }
    bool started = false;
    for (const auto& [device, count] : entries) {
      if (filter_.Ignores(device)) continue;
      if (!started) writer.Family("node_arp_entries", "ARP entries by device", exposition::MetricType::kGauge);
      started = true;
      writer.Sample({{"device", device}}, static_cast<double>(count));
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  DeviceFilter filter_;
  std::string content_;
};

TIDEMARK_COLLECTOR(arp, {.name = "arp", .enabled_by_default = true, .flags = kFlags, .create = Create<ArpCollector>});

}  // namespace
}  // namespace tidemark::exporter
