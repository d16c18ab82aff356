// CPU frequencies and their limits, from /sys/devices/system/cpu/cpu*/cpufreq (the kernel's
// Documentation/admin-guide/pm/cpufreq.rst).

#include <unistd.h>

#include <array>
#include <optional>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/scanner.h"
#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {
namespace {

constexpr double kHertzPerKilohertz = 1000;

struct Frequency {
  const char* file;
  const char* metric;
  const char* help;
};
constexpr std::array<Frequency, 6> kFrequencies{
    {{"cpuinfo_cur_freq", "node_cpu_frequency_hertz", "Current cpu thread frequency in hertz."},
     {"cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "Minimum cpu thread frequency in hertz."},
     {"cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "Maximum cpu thread frequency in hertz."},
     {"scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."},
     {"scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."},
     {"scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz."}}};

class CpufreqCollector final : public Collector {
 public:
  explicit CpufreqCollector(const CollectorContext& context) : shared_reads_(context.shared_reads) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::vector<std::string> cpus;
    for (const std::string& cpu : shared_reads_->Cpus()) {
      if (shared_reads_->cpu_directory().Has(cpu + "/cpufreq")) cpus.push_back(cpu);
    }
    if (cpus.empty()) return CollectStatus::NoDriver();
    if (cpus != checked_) {
      if (const std::string missing = FirstMissing(cpus); !missing.empty())
        return CollectStatus::Failed("cannot read " + missing);
      checked_ = cpus;
    }
    // All are read before any is written: one that is no number fails all.
    kilohertz_.assign(kFrequencies.size() * cpus.size(), std::nullopt);
    for (size_t i = 0; i < kilohertz_.size(); ++i) {
      const std::string path = JoinPath(Folder(cpus[i % cpus.size()]), kFrequencies[i / cpus.size()].file);
      const auto text = procfs::ReadText(path);
      if (!text) continue;
      kilohertz_[i] = procfs::ParseUnsigned(*text);
      if (!kilohertz_[i]) return CollectStatus::Failed("cannot read a number from " + path);
    }
    for (size_t frequency = 0; frequency < kFrequencies.size(); ++frequency) WriteFrequency(frequency, cpus, writer);
    return CollectStatus::Ok();
  }

 private:
  [[nodiscard]] std::string Folder(const std::string& cpu) const {
    return JoinPath(shared_reads_->cpu_directory().path(), cpu + "/cpufreq");
  }

  void WriteFrequency(size_t frequency, const std::vector<std::string>& cpus, exposition::Writer& writer) const {
    bool started = false;
    for (size_t i = 0; i < cpus.size(); ++i) {
      const auto kilohertz = kilohertz_[frequency * cpus.size() + i];
      if (!kilohertz) continue;
      if (!started)
        writer.Family(kFrequencies[frequency].metric, kFrequencies[frequency].help, exposition::MetricType::kGauge);
      started = true;
      writer.Sample({{"cpu", procfs::NumberAfter(cpus[i], "cpu")}},
                    static_cast<double>(*kilohertz) * kHertzPerKilohertz);
    }
  }

  /// node_exporter reads more than it shows, and fails when one of these is not there.
  [[nodiscard]] std::string FirstMissing(const std::vector<std::string>& cpus) const {
    for (const std::string& cpu : cpus) {
      for (const char* file :
           {"scaling_available_governors", "scaling_driver", "scaling_governor", "related_cpus", "scaling_setspeed"}) {
        if (std::string path = JoinPath(Folder(cpu), file); ::access(path.c_str(), R_OK) != 0) return path;
      }
    }
    return "";
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  std::vector<std::string> checked_;
  std::vector<std::optional<uint64_t>> kilohertz_;  // of the CPUs, by frequency
};

TIDEMARK_COLLECTOR(cpufreq,
                   {.name = "cpufreq", .enabled_by_default = true, .flags = {}, .create = Create<CpufreqCollector>});

}  // namespace
}  // namespace tidemark::exporter
