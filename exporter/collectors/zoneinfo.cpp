// Memory zones, from /proc/zoneinfo (proc(5)).

#include <array>
#include <map>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Field {
  std::string_view key;
  const char* name;
  const char* help;
  MetricType type = MetricType::kGauge;
};
constexpr std::array<Field, 34> kFields{
    {{"nr_free_pages", "nr_free_pages", "Total number of free pages in the zone"},
     {"min", "min_pages", "Zone watermark pages_min"},
     {"low", "low_pages", "Zone watermark pages_low"},
     {"high", "high_pages", "Zone watermark pages_high"},
     {"scanned", "scanned_pages", "Pages scanned since last reclaim"},
     {"spanned", "spanned_pages", "Total pages spanned by the zone, including holes"},
     {"present", "present_pages", "Physical pages existing within the zone"},
     {"managed", "managed_pages", "Present pages managed by the buddy system"},
     {"nr_active_anon", "nr_active_anon_pages", "Number of anonymous pages recently more used"},
     {"nr_inactive_anon", "nr_inactive_anon_pages", "Number of anonymous pages recently less used"},
     {"nr_isolated_anon", "nr_isolated_anon_pages", "Temporary isolated pages from anon lru"},
     {"nr_anon_pages", "nr_anon_pages", "Number of anonymous pages currently used by the system"},
     {"nr_anon_transparent_hugepages", "nr_anon_transparent_hugepages",
      "Number of anonymous transparent huge pages currently used by the system"},
     {"nr_active_file", "nr_active_file_pages", "Number of active pages with file-backing"},
     {"nr_inactive_file", "nr_inactive_file_pages", "Number of inactive pages with file-backing"},
     {"nr_isolated_file", "nr_isolated_file_pages", "Temporary isolated pages from file lru"},
     {"nr_file_pages", "nr_file_pages", "Number of file pages"},
     {"nr_slab_reclaimable", "nr_slab_reclaimable_pages", "Number of reclaimable slab pages"},
     {"nr_slab_unreclaimable", "nr_slab_unreclaimable_pages", "Number of unreclaimable slab pages"},
     {"nr_mlock_stack", "nr_mlock_stack_pages", "mlock()ed pages found and moved off LRU"},
     {"nr_kernel_stack", "nr_kernel_stacks", "Number of kernel stacks"},
     {"nr_mapped", "nr_mapped_pages", "Number of mapped pages"},
     {"nr_dirty", "nr_dirty_pages", "Number of dirty pages"},
     {"nr_writeback", "nr_writeback_pages", "Number of writeback pages"},
     {"nr_unevictable", "nr_unevictable_pages", "Number of unevictable pages"},
     {"nr_shmem", "nr_shmem_pages", "Number of shmem pages (included tmpfs/GEM pages)"},
     {"nr_dirtied", "nr_dirtied_total", "Page dirtyings since bootup", MetricType::kCounter},
     {"nr_written", "nr_written_total", "Page writings since bootup", MetricType::kCounter},
     {"numa_hit", "numa_hit_total", "Allocated in intended node", MetricType::kCounter},
     {"numa_miss", "numa_miss_total", "Allocated in non intended node", MetricType::kCounter},
     {"numa_foreign", "numa_foreign_total", "Was intended here, hit elsewhere", MetricType::kCounter},
     {"numa_interleave", "numa_interleave_total", "Interleaver preferred this zone", MetricType::kCounter},
     {"numa_local", "numa_local_total", "Allocation from local node", MetricType::kCounter},
     {"numa_other", "numa_other_total", "Allocation from other node", MetricType::kCounter}}};

class ZoneinfoCollector final : public Collector {
 public:
  explicit ZoneinfoCollector(const CollectorContext& context) : file_(context.paths.Proc("zoneinfo")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 8 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    SampleTable samples;
    SampleTable::LabelList labels;
    procfs::Scanner scanner(content_);
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (key == "Node") {
        // "Node 0, zone      DMA".
        std::string_view node = scanner.NextField();
        node.remove_suffix(node.ends_with(',') ? 1 : 0);
        scanner.NextField();
        labels = {{"node", std::string(node)}, {"zone", std::string(scanner.NextField())}};
      } else if (labels.empty()) {
        continue;
      } else if (key == "protection:") {
        AddProtection(scanner, labels, samples);
      } else if (!AddField(key, scanner, labels, samples)) {
        return CollectStatus::Failed("no number after \"" + std::string(key) + "\" in " + file_.path());
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  static bool AddField(std::string_view key, procfs::Scanner& scanner, const SampleTable::LabelList& labels,
                       SampleTable& samples) {
    for (const Field& field : kFields) {
      if (key.empty() || field.key != key) continue;
      const std::string_view value = scanner.NextField();
      if (value.empty()) return false;
      // What is no number is 0, as in node_exporter.
      samples.Add(std::string("node_zoneinfo_") + field.name, field.help, field.type, labels,
                  static_cast<double>(procfs::ParseInteger(value).value_or(0)));
    }
    return true;
  }

  /// "protection: (0, 2877, 7826)": pages kept free for requests that would rather have a zone below.
  static void AddProtection(procfs::Scanner& scanner, const SampleTable::LabelList& labels, SampleTable& samples) {
    size_t index = 0;
    for (auto text = scanner.NextField(); !text.empty(); text = scanner.NextField(), ++index) {
      if (text.starts_with('(')) text.remove_prefix(1);
      while (text.ends_with(',') || text.ends_with(')')) text.remove_suffix(1);
      const auto value = procfs::ParseSigned(text);
      if (!value) return;
      const std::string number = std::to_string(index);
      samples.Add("node_zoneinfo_protection_" + number, "Protection array " + number + ". field", MetricType::kGauge,
                  labels, static_cast<double>(*value));
    }
  }

  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(zoneinfo,
                   {.name = "zoneinfo", .enabled_by_default = false, .flags = {}, .create = Create<ZoneinfoCollector>});

}  // namespace
}  // namespace tidemark::exporter
