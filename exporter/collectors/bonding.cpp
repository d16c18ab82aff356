// Bonded interfaces and how many of their parts are up, from /sys/class/net/bonding_masters (the kernel's
// Documentation/networking/bonding.rst).

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

class BondingCollector final : public Collector {
 public:
  explicit BondingCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/net")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const std::string masters_path = JoinPath(directory_, "bonding_masters");
    std::string masters;
    const int error = ReadFile(masters_path, 1 << 20, masters);
    if (error == ENOENT) return CollectStatus::NoDriver("no bonding: " + masters_path);
    if (error != 0) return CollectStatus::Unreadable(masters_path, error);
    SampleTable samples;
    procfs::Scanner scanner(masters);
    scanner.NextLine();
    for (auto master = scanner.NextField(); !master.empty(); master = scanner.NextField()) {
      const std::string path = JoinPath(directory_, master);
      std::string slaves;
      if (const int slaves_error = ReadFile(JoinPath(path, "bonding/slaves"), 1 << 20, slaves); slaves_error != 0)
        return CollectStatus::Unreadable(JoinPath(path, "bonding/slaves"), slaves_error);
      double count = 0;
      double active = 0;
      procfs::Scanner names(slaves);
      names.NextLine();
      for (auto slave = names.NextField(); !slave.empty(); slave = names.NextField()) {
        ++count;
        // Older kernels have another name for the same link.
        auto state = procfs::ReadText(JoinPath(path, "lower_" + std::string(slave) + "/bonding_slave/mii_status"));
        if (!state)
          state = procfs::ReadText(JoinPath(path, "slave_" + std::string(slave) + "/bonding_slave/mii_status"));
        if (!state) return CollectStatus::Failed("cannot read mii_status of " + std::string(slave) + " in " + path);
        if (*state == "up") ++active;
      }
      const SampleTable::LabelList labels{{"master", std::string(master)}};
      samples.Add("node_bonding_slaves", "Number of configured slaves per bonding interface.",
                  exposition::MetricType::kGauge, labels, count);
      samples.Add("node_bonding_active", "Number of active slaves per bonding interface.",
                  exposition::MetricType::kGauge, labels, active);
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
};

TIDEMARK_COLLECTOR(bonding,
                   {.name = "bonding", .enabled_by_default = true, .flags = {}, .create = Create<BondingCollector>});

}  // namespace
}  // namespace tidemark::exporter
