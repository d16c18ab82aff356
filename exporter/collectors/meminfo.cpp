// Memory statistics, from /proc/meminfo (proc(5)): every line becomes a metric of its own name.

#include <unordered_set>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

constexpr double kBytesPerKilobyte = 1024;

/// "Active(anon):" -> "Active_anon". Bytes that no metric name may hold become "_".
std::string FieldName(std::string_view key) {
  std::string name;
  for (const char c : key) {
    if (c == ':' || c == ')') continue;
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += allowed ? c : '_';
  }
  return name;
}

class MeminfoCollector final : public Collector {
 public:
  explicit MeminfoCollector(const CollectorContext& context) : file_(context.paths.Proc("meminfo")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 1 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    std::unordered_set<std::string> seen;
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (key.empty()) continue;
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!key.ends_with(':') || !value)
        return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
      std::string field = FieldName(key);
      double scale = 1;
      if (!scanner.NextField().empty()) {  // the only unit there is: kB
        field += "_bytes";
        scale = kBytesPerKilobyte;
      }
      if (!seen.insert(field).second) continue;
      const auto type = field.ends_with("_total") ? exposition::MetricType::kCounter : exposition::MetricType::kGauge;
      writer.Single("node_memory_" + field, "Memory information field " + field + ".", type, *value * scale);
    }
    if (seen.empty()) return CollectStatus::Failed(file_.path() + " is empty");
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(meminfo,
                   {.name = "meminfo", .enabled_by_default = true, .flags = {}, .create = Create<MeminfoCollector>});

}  // namespace
}  // namespace tidemark::exporter
