// Memory errors that hardware found, from /sys/devices/system/edac/mc (the kernel's Documentation/admin-guide/ras.rst).

#include <cerrno>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"
#include "exporter/sample_table.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

class EdacCollector final : public Collector {
 public:
  explicit EdacCollector(const CollectorContext& context) : directory_(context.paths.Sys("devices/system/edac/mc")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> entries;
    if (procfs::ListDirectory(directory_, entries) == ENOENT) return CollectStatus::NoDriver();
    SampleTable samples;
    std::string unreadable;
    for (const std::string& name : entries) {
      const auto controller = procfs::NumberAfter(name, "mc");
      if (controller.empty()) continue;
      unreadable = CollectController(JoinPath(directory_, name), std::string(controller), samples);
      if (!unreadable.empty()) break;
    }
    samples.Write(writer);
    return unreadable.empty() ? CollectStatus::Ok() : CollectStatus::Failed("cannot read a number from " + unreadable);
  }

 private:
  /// Returns the path that could not be read, or nothing. What comes before it stays, in node_exporter's order.
  static std::string CollectController(const std::string& path, const std::string& controller, SampleTable& samples) {
    std::string failed;
    const auto add = [&](const std::string& file, const char* family, const char* help, SampleTable::LabelList labels) {
      if (!failed.empty()) return;
      const auto value = procfs::ReadUnsigned(file);
      if (!value) failed = file;
      if (value) samples.Add(family, help, MetricType::kCounter, std::move(labels), static_cast<double>(*value));
    };
    const auto add_correctable = [&](const std::string& file, const std::string& csrow) {
      add(file, "node_edac_csrow_correctable_errors_total", "Total correctable memory errors for this csrow.",
          {{"controller", controller}, {"csrow", csrow}});
    };
    const auto add_uncorrectable = [&](const std::string& file, const std::string& csrow) {
      add(file, "node_edac_csrow_uncorrectable_errors_total", "Total uncorrectable memory errors for this csrow.",
          {{"controller", controller}, {"csrow", csrow}});
    };
    add(JoinPath(path, "ce_count"), "node_edac_correctable_errors_total", "Total correctable memory errors.",
        {{"controller", controller}});
    add_correctable(JoinPath(path, "ce_noinfo_count"), "unknown");
    add(JoinPath(path, "ue_count"), "node_edac_uncorrectable_errors_total", "Total uncorrectable memory errors.",
        {{"controller", controller}});
    add_uncorrectable(JoinPath(path, "ue_noinfo_count"), "unknown");
    for (const std::string& name : procfs::Entries(path)) {
      const auto csrow = procfs::NumberAfter(name, "csrow");
      if (csrow.empty()) continue;
      add_correctable(JoinPath(path, name + "/ce_count"), std::string(csrow));
      add_uncorrectable(JoinPath(path, name + "/ue_count"), std::string(csrow));
    }
    return failed;
  }

  const std::string directory_;
};

TIDEMARK_COLLECTOR(edac, {.name = "edac", .enabled_by_default = true, .flags = {}, .create = Create<EdacCollector>});

}  // namespace
}  // namespace tidemark::exporter
