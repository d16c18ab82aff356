// Open files of the whole system, from /proc/sys/fs/file-nr (proc(5)).

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

class FilefdCollector final : public Collector {
 public:
  explicit FilefdCollector(const CollectorContext& context)
      : file_(context.paths.Proc("sys/fs/file-nr"), procfs::KernelFile::Pieces::kShort) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 4096, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    scanner.NextLine();
    const auto allocated = procfs::ParseDecimal(scanner.NextField());
    scanner.NextField();  // free handles, always 0 since Linux 2.6
    const auto maximum = procfs::ParseDecimal(scanner.NextField());
    if (!allocated || !maximum) return CollectStatus::Failed("expected three numbers in " + file_.path());
    writer.Single("node_filefd_allocated", "File descriptor statistics: allocated.", exposition::MetricType::kGauge,
                  *allocated);
    writer.Single("node_filefd_maximum", "File descriptor statistics: maximum.", exposition::MetricType::kGauge,
                  *maximum);
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(filefd,
                   {.name = "filefd", .enabled_by_default = true, .flags = {}, .create = Create<FilefdCollector>});

}  // namespace
}  // namespace tidemark::exporter
