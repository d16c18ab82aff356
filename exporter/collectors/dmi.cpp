// What the firmware says about the machine, from /sys/class/dmi/id.

#include <array>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

struct Attribute {
  const char* label;
  const char* file;
};
constexpr std::array<Attribute, 20> kAttributes{{{"bios_date", "bios_date"},
                                                 {"bios_release", "bios_release"},
                                                 {"bios_vendor", "bios_vendor"},
                                                 {"bios_version", "bios_version"},
                                                 {"board_asset_tag", "board_asset_tag"},
                                                 {"board_name", "board_name"},
                                                 {"board_serial", "board_serial"},
                                                 {"board_vendor", "board_vendor"},
                                                 {"board_version", "board_version"},
                                                 {"chassis_asset_tag", "chassis_asset_tag"},
                                                 {"chassis_serial", "chassis_serial"},
                                                 {"chassis_vendor", "chassis_vendor"},
                                                 {"chassis_version", "chassis_version"},
                                                 {"product_family", "product_family"},
                                                 {"product_name", "product_name"},
                                                 {"product_serial", "product_serial"},
                                                 {"product_sku", "product_sku"},
                                                 {"product_uuid", "product_uuid"},
                                                 {"product_version", "product_version"},
                                                 {"system_vendor", "sys_vendor"}}};

class DmiCollector final : public Collector {
 public:
  explicit DmiCollector(const CollectorContext& context) {
    // It does not change while the machine runs.
    const std::string directory = context.paths.Sys("class/dmi/id");
    has_data_ = !procfs::Entries(directory).empty();
    for (size_t i = 0; i < kAttributes.size(); ++i) {
      const std::string path = JoinPath(directory, kAttributes[i].file);
      // Serial numbers are for root only, and not all machines have all.
      if (auto text = procfs::ReadText(path)) values_.emplace_back(kAttributes[i].label, std::move(*text));
    }
  }

  CollectStatus Collect(exposition::Writer& writer) override {
    if (!has_data_) return CollectStatus::NoData("no DMI data");
    std::vector<exposition::Label> labels;
    for (const auto& [label, text] : values_) labels.push_back({label, text});
    writer.Family("node_dmi_info",
                  "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, bios_version, "
                  "board_asset_tag, board_name, board_serial, board_vendor, board_version, chassis_asset_tag, "
                  "chassis_serial, chassis_vendor, chassis_version, product_family, product_name, product_serial, "
                  "product_sku, product_uuid, product_version, system_vendor if provided by DMI.",
                  exposition::MetricType::kGauge);
    writer.Sample(labels, 1);
    return CollectStatus::Ok();
  }

 private:
  bool has_data_ = false;
  std::vector<std::pair<const char*, std::string>> values_;
};

TIDEMARK_COLLECTOR(dmi, {.name = "dmi", .enabled_by_default = true, .flags = {}, .create = Create<DmiCollector>});

}  // namespace
}  // namespace tidemark::exporter
