// Virtual memory counters, from /proc/vmstat (proc(5)): the fields that --collector.vmstat.fields selects.

#include <re2/re2.h>

#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

constexpr FlagSpec kFlags[] = {
    {"collector.vmstat.fields", "^(oom_kill|pgpg|pswp|pg.*fault).*", "Regular expression of the fields to write"},
};

class VmstatCollector final : public Collector {
 public:
  explicit VmstatCollector(const CollectorContext& context)
      : file_(context.paths.Proc("vmstat")), fields_(context.Pattern("collector.vmstat.fields")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 1 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    for (size_t line = 0; scanner.NextLine(); ++line) {
      const std::string_view key = scanner.NextField();
      if (key.empty()) continue;
      const Selection& selection = Select(line, key);
      if (selection.metric.empty()) continue;
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
      writer.Single(selection.metric, selection.help, exposition::MetricType::kUntyped, *value);
    }
    return CollectStatus::Ok();
  }

 private:
  /// What a line becomes; without a metric: nothing.
  struct Selection {
    std::string key;
    std::string metric;
    std::string help;
  };

  /// The kernel's lines keep their places while it runs, so the pattern is asked once for each.
  const Selection& Select(size_t line, std::string_view key) {
    if (line >= selections_.size()) selections_.resize(line + 1);
    Selection& selection = selections_[line];
    if (selection.key == key) return selection;
    selection = {.key = std::string(key), .metric = {}, .help = {}};
    if (fields_ == nullptr || RE2::PartialMatch(selection.key, *fields_)) {
      selection.metric = "node_vmstat_" + selection.key;
      selection.help = "/proc/vmstat information field " + selection.key + ".";
    }
    return selection;
  }

  procfs::KernelFile file_;
  const std::unique_ptr<RE2> fields_;
  std::string content_;
  std::vector<Selection> selections_;  // by line
};

TIDEMARK_COLLECTOR(vmstat,
                   {.name = "vmstat", .enabled_by_default = true, .flags = kFlags, .create = Create<VmstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
