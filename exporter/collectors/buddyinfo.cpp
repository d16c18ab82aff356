// Free memory by the size of its blocks, from /proc/buddyinfo (proc(5)).

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

class BuddyinfoCollector final : public Collector {
 public:
  explicit BuddyinfoCollector(const CollectorContext& context) : file_(context.paths.Proc("buddyinfo")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 1 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    bool started = false;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      // "Node 0, zone      DMA      1      0 …": blocks of 2^0 pages, of 2^1 pages and so on.
      const std::string_view word = scanner.NextField();
      std::string_view node = scanner.NextField();
      scanner.NextField();
      const std::string_view zone = scanner.NextField();
      if (word != "Node" || zone.empty()) return CollectStatus::Failed("malformed line in " + file_.path());
      node.remove_suffix(node.ends_with(',') ? 1 : 0);
      int size = 0;
      for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField(), ++size) {
        const auto blocks = procfs::ParseDecimal(field);
        if (!blocks) return CollectStatus::Failed("malformed line in " + file_.path());
        if (!started) {
          writer.Family("node_buddyinfo_blocks", "Count of free blocks according to size.",
                        exposition::MetricType::kGauge);
        }
        started = true;
        writer.Sample({{"node", node}, {"size", std::to_string(size)}, {"zone", zone}}, static_cast<double>(*blocks));
      }
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(
    buddyinfo, {.name = "buddyinfo", .enabled_by_default = false, .flags = {}, .create = Create<BuddyinfoCollector>});

}  // namespace
}  // namespace tidemark::exporter
