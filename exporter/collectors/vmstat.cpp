// Virtual memory counters, from /proc/vmstat (proc(5)): the fields that --collector.vmstat.fields selects.

#include <re2/re2.h>

#include <map>

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
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (key.empty() || !IsSelected(key)) continue;
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
      const std::string name(key);
      writer.Single("node_vmstat_" + name, "/proc/vmstat information field " + name + ".",
                    exposition::MetricType::kUntyped, *value);
    }
    return CollectStatus::Ok();
  }

 private:
  /// The kernel's field names never change while it runs, so the pattern is asked once for each.
  bool IsSelected(std::string_view key) {
    const auto known = selected_.find(key);
    if (known != selected_.end()) return known->second;
    const bool selected = fields_ == nullptr || RE2::PartialMatch(re2::StringPiece(key.data(), key.size()), *fields_);
    constexpr size_t kMaxRemembered = 1000;
    if (selected_.size() < kMaxRemembered) selected_.emplace(key, selected);
    return selected;
  }

  procfs::KernelFile file_;
  const std::unique_ptr<RE2> fields_;
  std::string content_;
  std::map<std::string, bool, std::less<>> selected_;
};

TIDEMARK_COLLECTOR(vmstat,
                   {.name = "vmstat", .enabled_by_default = true, .flags = kFlags, .create = Create<VmstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
