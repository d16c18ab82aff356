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
    if (const int error = ReadWanted(); error != 0) return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    std::string_view last_key;
    size_t wanted_bytes = 0;
    for (size_t line = 0; scanner.NextLine(); ++line) {
      const Selection& selection = Select(line, scanner);
      if (selection.metric.empty()) continue;
      const std::string_view key = scanner.NextField();
      const std::string_view number = scanner.NextField();
      const auto value = procfs::ParseDecimal(number);
      if (!value) return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
      writer.Single(selection.metric, selection.help, exposition::MetricType::kUntyped, *value);
      last_key = key;
      wanted_bytes = static_cast<size_t>(number.data() + number.size() - content_.data());
    }
    Remember(last_key, wanted_bytes);
    return CollectStatus::Ok();
  }

 private:
  /// Reads up to the last line that is wanted, so that the kernel makes no more, and all when that is not known.
  int ReadWanted() {
    constexpr size_t kGrowth = 128;   // numbers get longer
    constexpr size_t kAtOnce = 4096;  // the kernel makes a page at a time
    const size_t bytes = wanted_bytes_ + kGrowth;
    if (wanted_bytes_ > 0 && bytes <= kAtOnce && ReadBeginning(file_, bytes, content_) == 0) {
      content_.resize(content_.rfind('\n') + 1);
      if (content_.find(last_wanted_) != std::string::npos) return 0;
    }
    return ReadFile(file_, 1 << 20, content_);
  }

  /// The last line that is wanted: its key, and where it ends. The first of all has no line end before it to be found
  /// by.
  void Remember(std::string_view last_key, size_t wanted_bytes) {
    const bool is_found_again = !last_key.empty() && last_key.data() != content_.data() && file_.is_kernels();
    wanted_bytes_ = is_found_again ? wanted_bytes : 0;
    last_wanted_.assign("\n").append(last_key) += ' ';
  }

  /// What a line becomes; without a metric: nothing.
  struct Selection {
    std::string key;
    std::string metric;
    std::string help;
  };

  /// The kernel's lines keep their places while it runs, so the pattern is asked once for each.
  const Selection& Select(size_t line, const procfs::Scanner& scanner) {
    if (line >= selections_.size()) selections_.resize(line + 1);
    Selection& selection = selections_[line];
    if (scanner.IsNext(selection.key)) return selection;
    selection = {.key = std::string(procfs::Scanner(scanner).NextField()), .metric = {}, .help = {}};
    if (selection.key.empty()) return selection;
    if (fields_ == nullptr || RE2::PartialMatch(selection.key, *fields_)) {
      selection.metric = "node_vmstat_" + selection.key;
      selection.help = "/proc/vmstat information field " + selection.key + ".";
    }
    return selection;
  }

  procfs::KernelFile file_;
  const std::unique_ptr<RE2> fields_;
  std::string content_;
  std::string last_wanted_;            // the key of the last line that is, as the text has it: "\noom_kill "
  size_t wanted_bytes_ = 0;            // up to its end; 0: not known
  std::vector<Selection> selections_;  // by line
};

TIDEMARK_COLLECTOR(vmstat,
                   {.name = "vmstat", .enabled_by_default = true, .flags = kFlags, .create = Create<VmstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
