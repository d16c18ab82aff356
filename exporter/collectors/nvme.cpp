// NVMe controllers, from /sys/class/nvme.

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

class NvmeCollector final : public Collector {
 public:
  explicit NvmeCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/nvme")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> devices;
    const int error = procfs::ListDirectory(directory_, devices);
    if (error == ENOENT) return CollectStatus::NoDriver("no NVMe statistics: " + directory_);
    if (error != 0) return CollectStatus::NoData("no NVMe statistics: " + directory_);
    bool started = false;
    for (const std::string& device : devices) {
      const auto read = [&](const char* file) { return procfs::ReadText(JoinPath(directory_, device + "/" + file)); };
      const auto firmware = read("firmware_rev");
      const auto model = read("model");
      const auto serial = read("serial");
      const auto state = read("state");
      if (!firmware || !model || !serial || !state)
        return CollectStatus::Failed("cannot read attributes of " + JoinPath(directory_, device));
      if (!started) {
        writer.Family("node_nvme_info", "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
                      exposition::MetricType::kGauge);
      }
      started = true;
      writer.Sample({{"device", device},
                     {"firmware_revision", *firmware},
                     {"model", *model},
                     {"serial", *serial},
                     {"state", *state}},
                    1);
    }
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
};

TIDEMARK_COLLECTOR(nvme, {.name = "nvme", .enabled_by_default = true, .flags = {}, .create = Create<NvmeCollector>});

}  // namespace
}  // namespace tidemark::exporter
