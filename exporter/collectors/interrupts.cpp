// Interrupts by number, device and CPU, from /proc/interrupts (proc(5)).

#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

class InterruptsCollector final : public Collector {
 public:
  explicit InterruptsCollector(const CollectorContext& context) : file_(context.paths.Proc("interrupts")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 64 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    if (!scanner.NextLine()) return CollectStatus::Failed(file_.path() + " is empty");
    size_t cpus = 0;
    while (!scanner.NextField().empty()) ++cpus;
    bool started = false;
    std::vector<double> counts;
    while (scanner.NextLine()) {
      std::string_view type = scanner.NextField();
      if (!type.ends_with(':')) continue;
      type.remove_suffix(1);
      counts.clear();
      procfs::Scanner rest = scanner;
      while (counts.size() < cpus) {
        const auto count = procfs::ParseDecimal(rest.NextField());
        if (!count) break;
        counts.push_back(*count);
      }
      // ERR and MIS count for all CPUs together.
      if (counts.size() < cpus) continue;
      std::string info;
      std::string devices;
      if (procfs::ParseSigned(type)) {
        info = rest.NextField();
        JoinFields(rest, devices);
      } else {
        JoinFields(rest, info);
      }
      if (!started) writer.Family("node_interrupts_total", "Interrupt details.", exposition::MetricType::kCounter);
      started = true;
      for (size_t cpu = 0; cpu < cpus; ++cpu) {
        writer.Sample({{"cpu", std::to_string(cpu)}, {"devices", devices}, {"info", info}, {"type", type}},
                      counts[cpu]);
      }
    }
    return CollectStatus::Ok();
  }

 private:
  static void JoinFields(procfs::Scanner& scanner, std::string& out) {
    for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField()) {
      if (!out.empty()) out += ' ';
      out += field;
    }
  }

  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(interrupts, {.name = "interrupts",
                                .enabled_by_default = false,
                                .flags = {},
                                .create = Create<InterruptsCollector>});

}  // namespace
}  // namespace tidemark::exporter
