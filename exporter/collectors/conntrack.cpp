// The connection tracking table, from sysctls and /proc/net/stat/nf_conntrack (one line a CPU, hexadecimal).

#include <array>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

using exposition::MetricType;

struct Statistic {
  std::string_view column;
  const char* metric;
  const char* help;
};

constexpr std::array<Statistic, 8> kStatistics{
    {{"found", "node_nf_conntrack_stat_found", "Number of searched entries which were successful."},
     {"invalid", "node_nf_conntrack_stat_invalid", "Number of packets seen which can not be tracked."},
     {"ignore", "node_nf_conntrack_stat_ignore",
      "Number of packets seen which are already connected to a conntrack entry."},
     {"insert", "node_nf_conntrack_stat_insert", "Number of entries inserted into the list."},
     {"insert_failed", "node_nf_conntrack_stat_insert_failed",
      "Number of entries for which list insertion was attempted but failed."},
     {"drop", "node_nf_conntrack_stat_drop", "Number of packets dropped due to conntrack failure."},
     {"early_drop", "node_nf_conntrack_stat_early_drop",
      "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached."},
     {"search_restart", "node_nf_conntrack_stat_search_restart",
      "Number of conntrack table lookups which had to be restarted due to hashtable resizes."}}};

class ConntrackCollector final : public Collector {
 public:
  explicit ConntrackCollector(const CollectorContext& context)
      : count_file_(context.paths.Proc("sys/net/netfilter/nf_conntrack_count"), procfs::KernelFile::Pieces::kShort),
        limit_file_(context.paths.Proc("sys/net/netfilter/nf_conntrack_max"), procfs::KernelFile::Pieces::kShort),
        statistics_file_(context.paths.Proc("net/stat/nf_conntrack"), procfs::KernelFile::Pieces::kShort) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const auto count = ReadUnsigned(count_file_);
    if (!count) return CollectStatus::NoData("no connection tracking: " + count_file_.path());
    writer.Single("node_nf_conntrack_entries", "Number of currently allocated flow entries for connection tracking.",
                  MetricType::kGauge, static_cast<double>(*count));
    const auto limit = ReadUnsigned(limit_file_);
    if (!limit) return CollectStatus::NoData("no limit: " + limit_file_.path());
    writer.Single("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.", MetricType::kGauge,
                  static_cast<double>(*limit));
    if (const int error = ReadFile(statistics_file_, 8 << 20, content_); error != 0)
      return CollectStatus::NoData("cannot read " + statistics_file_.path());
    std::array<uint64_t, kStatistics.size()> sums{};
    if (!Sum(sums)) return CollectStatus::Failed("malformed line in " + statistics_file_.path());
    for (size_t i = 0; i < kStatistics.size(); ++i)
      writer.Single(kStatistics[i].metric, kStatistics[i].help, MetricType::kGauge, static_cast<double>(sums[i]));
    return CollectStatus::Ok();
  }

 private:
  /// Adds up the lines of all CPUs. Which column is which stands in the first line; kernels differ.
  bool Sum(std::array<uint64_t, kStatistics.size()>& sums) {
    procfs::Scanner scanner(content_);
    statistic_of_column_.clear();
    if (!scanner.NextLine()) return false;
    for (auto name = scanner.NextField(); !name.empty(); name = scanner.NextField()) {
      size_t at = 0;
      while (at < kStatistics.size() && kStatistics[at].column != name) ++at;
      statistic_of_column_.push_back(at);
    }
    while (scanner.NextLine()) {
      size_t column = 0;
      for (auto field = scanner.NextField(); !field.empty(); field = scanner.NextField(), ++column) {
        const auto value = procfs::ParseHexadecimal(field);
        if (!value || column >= statistic_of_column_.size()) return false;
        if (statistic_of_column_[column] < sums.size()) sums[statistic_of_column_[column]] += *value;
      }
      if (column < statistic_of_column_.size()) return false;
    }
    return true;
  }

  procfs::KernelFile count_file_;
  procfs::KernelFile limit_file_;
  procfs::KernelFile statistics_file_;
  std::string content_;
  std::vector<size_t> statistic_of_column_;
};

TIDEMARK_COLLECTOR(
    conntrack, {.name = "conntrack", .enabled_by_default = true, .flags = {}, .create = Create<ConntrackCollector>});

}  // namespace
}  // namespace tidemark::exporter
