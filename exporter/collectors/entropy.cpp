// The kernel's pool of random bits, from sysctls (random(4)).

#include <optional>

#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"

namespace tidemark::exporter {
namespace {

class EntropyCollector final : public Collector {
 public:
  explicit EntropyCollector(const CollectorContext& context)
      : available_file_(context.paths.Proc("sys/kernel/random/entropy_avail"), procfs::KernelFile::Pieces::kShort),
        pool_file_(context.paths.Proc("sys/kernel/random/poolsize"), procfs::KernelFile::Pieces::kShort) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const auto available = ReadUnsigned(available_file_);
    if (!available) return CollectStatus::Failed("cannot read a number from " + available_file_.path());
    writer.Single("node_entropy_available_bits", "Bits of available entropy.", exposition::MetricType::kGauge,
                  static_cast<double>(*available));
    // The kernel's does not change (it is 0444, and set when the kernel is built).
    if (!pool_ || !pool_file_.is_kernels()) pool_ = ReadUnsigned(pool_file_);
    if (!pool_) return CollectStatus::Failed("cannot read a number from " + pool_file_.path());
    writer.Single("node_entropy_pool_size_bits", "Bits of entropy pool.", exposition::MetricType::kGauge,
                  static_cast<double>(*pool_));
    return CollectStatus::Ok();
  }

 private:
  procfs::KernelFile available_file_;
  procfs::KernelFile pool_file_;
  std::optional<uint64_t> pool_;
};

TIDEMARK_COLLECTOR(entropy,
                   {.name = "entropy", .enabled_by_default = true, .flags = {}, .create = Create<EntropyCollector>});

}  // namespace
}  // namespace tidemark::exporter
