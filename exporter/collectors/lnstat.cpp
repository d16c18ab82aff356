// Caches of the network stack, from /proc/net/stat/* (lnstat(8)): a line of names, and a line of hexadecimal numbers
// for each CPU.

#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

class LnstatCollector final : public Collector {
 public:
  explicit LnstatCollector(const CollectorContext& context) : directory_(context.paths.Proc("net/stat")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    SampleTable samples;
    for (const std::string& subsystem : procfs::Entries(directory_)) {
      const std::string path = JoinPath(directory_, subsystem);
      if (const int error = ReadFile(path, 8 << 20, content_); error != 0)
        return CollectStatus::Unreadable(path, error);
      procfs::Scanner scanner(content_);
      std::vector<std::string> names;
      scanner.NextLine();
      for (auto name = scanner.NextField(); !name.empty(); name = scanner.NextField()) names.emplace_back(name);
      for (int cpu = 0; scanner.NextLine(); ++cpu) {
        for (const std::string& name : names) {
          const auto value = procfs::ParseHexadecimal(scanner.NextField());
          if (!value) return CollectStatus::Failed("malformed line in " + path);
          samples.Add("node_lnstat_" + name + "_total", "linux network cache stats", exposition::MetricType::kCounter,
                      {{"cpu", std::to_string(cpu)}, {"subsystem", subsystem}}, static_cast<double>(*value));
        }
      }
    }
    samples.Write(writer);
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
  std::string content_;
};

TIDEMARK_COLLECTOR(lnstat,
                   {.name = "lnstat", .enabled_by_default = false, .flags = {}, .create = Create<LnstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
