// Memory statistics, from /proc/meminfo (proc(5)): every line becomes a metric of its own name.

#include <algorithm>
#include <string>
#include <vector>

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
  explicit MeminfoCollector(const CollectorContext& context)
      : file_(context.paths.Proc("meminfo"), procfs::KernelFile::Pieces::kOne) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    if (const int error = ReadFile(file_, 1 << 20, content_); error != 0)
      return CollectStatus::Unreadable(file_.path(), error);
    procfs::Scanner scanner(content_);
    size_t line = 0;
    while (scanner.NextLine()) {
      const std::string_view key = scanner.NextField();
      if (key.empty()) continue;
      const auto value = procfs::ParseDecimal(scanner.NextField());
      if (!key.ends_with(':') || !value)
        return CollectStatus::Failed("malformed line in " + file_.path() + ": " + std::string(key));
      const bool in_kilobytes = !scanner.NextField().empty();  // the only unit there is
      const Field& field = FieldOfLine(line++, key, in_kilobytes);
      if (field.is_repeated) continue;
      writer.Single(field.metric, field.help, field.type, *value * (in_kilobytes ? kBytesPerKilobyte : 1));
    }
    if (line == 0) return CollectStatus::Failed(file_.path() + " is empty");
    return CollectStatus::Ok();
  }

 private:
  /// What a line's numbers are written as.
  struct Field {
    std::string key;
    bool in_kilobytes = false;
    bool is_repeated = false;  // another line before it has the same name
    std::string metric;
    std::string help;
    exposition::MetricType type{};
  };

  /// A kernel writes the same lines every time: their names are put together once.
  const Field& FieldOfLine(size_t line, std::string_view key, bool in_kilobytes) {
    if (line < fields_.size() && fields_[line].key == key && fields_[line].in_kilobytes == in_kilobytes)
      return fields_[line];
    fields_.resize(line);  // those that follow may be other ones too
    const std::string name = FieldName(key) + (in_kilobytes ? "_bytes" : "");
    Field field;
    field.key = key;
    field.in_kilobytes = in_kilobytes;
    field.metric = "node_memory_" + name;
    field.help = "Memory information field " + name + ".";
    field.type = name.ends_with("_total") ? exposition::MetricType::kCounter : exposition::MetricType::kGauge;
    field.is_repeated = std::ranges::any_of(fields_, [&](const Field& other) { return other.metric == field.metric; });
    return fields_.emplace_back(std::move(field));
  }

  std::vector<Field> fields_;  // by line
  procfs::KernelFile file_;
  std::string content_;
};

TIDEMARK_COLLECTOR(meminfo,
                   {.name = "meminfo", .enabled_by_default = true, .flags = {}, .create = Create<MeminfoCollector>});

}  // namespace
}  // namespace tidemark::exporter
