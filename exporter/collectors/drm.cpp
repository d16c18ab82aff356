// Graphics cards by AMD, from /sys/class/drm (the kernel's Documentation/gpu/amdgpu/driver-misc.rst).

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Gauge {
  const char* file;
  const char* name;
  const char* help;
};
constexpr std::array<Gauge, 7> kGauges{
    {{"gpu_busy_percent", "node_drm_gpu_busy_percent", "How busy the GPU is as a percentage."},
     {"mem_info_gtt_total", "node_drm_memory_gtt_size_bytes",
      "The size of the graphics translation table (GTT) block in bytes."},
     {"mem_info_gtt_used", "node_drm_memory_gtt_used_bytes",
      "The used amount of the graphics translation table (GTT) block in bytes."},
     {"mem_info_vis_vram_total", "node_drm_memory_vis_vram_size_bytes", "The size of visible VRAM in bytes."},
     {"mem_info_vis_vram_used", "node_drm_memory_vis_vram_used_bytes", "The used amount of visible VRAM in bytes."},
     {"mem_info_vram_total", "node_drm_memory_vram_size_bytes", "The size of VRAM in bytes."},
     {"mem_info_vram_used", "node_drm_memory_vram_used_bytes", "The used amount of VRAM in bytes."}}};

struct Card {
  std::string name;
  std::string directory;
  bool is_amd = false;

  [[nodiscard]] std::string Text(const char* file) const {
    return is_amd ? procfs::ReadText(JoinPath(directory, file)).value_or("") : "";
  }
  [[nodiscard]] double Number(const char* file) const {
    return is_amd ? static_cast<double>(procfs::ReadUnsigned(JoinPath(directory, file)).value_or(0)) : 0;
  }
};

class DrmCollector final : public Collector {
 public:
  explicit DrmCollector(const CollectorContext& context) : directory_(context.paths.Sys("class/drm")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<Card> cards;
    for (const std::string& name : procfs::Entries(directory_)) {
      if (procfs::NumberAfter(name, "card").size() != 1) continue;  // as there, not more than ten
      Card card{.name = name, .directory = JoinPath(directory_, name + "/device")};
      const std::string uevent_path = JoinPath(card.directory, "uevent");
      const std::optional<std::string> uevent = procfs::ReadText(uevent_path);
      if (!uevent) return CollectStatus::Failed("cannot read " + uevent_path);
      // Cards of others are told of too, with nothing known.
      card.is_amd = uevent->find("DRIVER=amdgpu") != std::string::npos;
      cards.push_back(std::move(card));
    }
    if (cards.empty()) return CollectStatus::Ok();
    writer.Family("node_drm_card_info", "Card information", MetricType::kGauge);
    for (const Card& card : cards) {
      writer.Sample({{"card", card.name},
                     {"memory_vendor", card.Text("mem_info_vram_vendor")},
                     {"power_performance_level", card.Text("power_dpm_force_performance_level")},
                     {"unique_id", card.Text("unique_id")},
                     {"vendor", "amd"}},
                    1);
    }
    for (const Gauge& gauge : kGauges) {
      writer.Family(gauge.name, gauge.help, MetricType::kGauge);
      for (const Card& card : cards) writer.Sample({{"card", card.name}}, card.Number(gauge.file));
    }
    return CollectStatus::Ok();
  }

 private:
  const std::string directory_;
};

TIDEMARK_COLLECTOR(drm, {.name = "drm", .enabled_by_default = false, .flags = {}, .create = Create<DrmCollector>});

}  // namespace
}  // namespace tidemark::exporter
