// The kernel's slab allocator, from /proc/slabinfo (slabinfo(5)), which only root may read.

#include <array>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

struct Column {
  const char* metric;
  const char* help;
};
constexpr std::array<Column, 5> kColumns{
    {{"node_slabinfo_active_objects", "The number of objects that are currently active (i.e., in use)."},
     {"node_slabinfo_objects",
      "The total number of allocated objects (i.e., objects that are both in use and not in use)."},
     {"node_slabinfo_object_size_bytes", "The size of objects in this slab, in bytes."},
     {"node_slabinfo_objects_per_slab", "The number of objects stored in each slab."},
     {"node_slabinfo_pages_per_slab", "The number of pages allocated for each slab."}}};

class SlabinfoCollector final : public Collector {
 public:
  explicit SlabinfoCollector(const CollectorContext& context) : file_(context.paths.Proc("slabinfo")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    struct Slab {
      std::string_view name;
      std::array<double, kColumns.size()> values{};
    };
    std::vector<Slab> slabs;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view name = scanner.NextField();
      if (name.empty() || name.starts_with('#') || name == "slabinfo") continue;
      Slab& slab = slabs.emplace_back();
      slab.name = name;
      for (double& value : slab.values) {
        const auto number = procfs::ParseSigned(scanner.NextField());
        if (!number) return CollectStatus::Failed("malformed line in " + file_.path());
        value = static_cast<double>(*number);
      }
    }
    for (size_t column = 0; column < kColumns.size() && !slabs.empty(); ++column) {
      writer.Family(kColumns[column].metric, kColumns[column].help, exposition::MetricType::kGauge);
      for (const Slab& slab : slabs) writer.Sample({{"slab", slab.name}}, slab.values[column]);
    }
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(slabinfo,
                   {.name = "slabinfo", .enabled_by_default = false, .flags = {}, .create = Create<SlabinfoCollector>});

}  // namespace
}  // namespace tidemark::exporter
