// The kernel's pool of random bits, from sysctls (random(4)).

#include "exporter/collector.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

class EntropyCollector final : public Collector {
 public:
  explicit EntropyCollector(const CollectorContext& context)
      : available_path_(context.paths.Proc("sys/kernel/random/entropy_avail")),
        pool_path_(context.paths.Proc("sys/kernel/random/poolsize")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const auto available = procfs::ReadInteger(available_path_);
    if (!available) return CollectStatus::Failed("cannot read a number from " + available_path_);
    writer.Single("node_entropy_available_bits", "Bits of available entropy.", exposition::MetricType::kGauge,
                  static_cast<double>(*available));
    const auto pool = procfs::ReadInteger(pool_path_);
    if (!pool) return CollectStatus::Failed("cannot read a number from " + pool_path_);
    writer.Single("node_entropy_pool_size_bits", "Bits of entropy pool.", exposition::MetricType::kGauge,
                  static_cast<double>(*pool));
    return CollectStatus::Ok();
  }

 private:
  const std::string available_path_;
  const std::string pool_path_;
};

TIDEMARK_COLLECTOR(entropy,
                   {.name = "entropy", .enabled_by_default = true, .flags = {}, .create = Create<EntropyCollector>});

}  // namespace
}  // namespace tidemark::exporter
