// Bytes that wait in the queues of all UDP sockets, from /proc/net/udp and udp6 (proc(5)).

#include <array>
#include <cerrno>
#include <optional>

#include "common/file.h"
#include "exporter/collector.h"
#include "exporter/procfs/kernel_file.h"
#include "exporter/procfs/scanner.h"

namespace tidemark::exporter {
namespace {

struct Queues {
  const char* ip;
  uint64_t transmit = 0;
  uint64_t receive = 0;
};

/// "00000000:00000001": bytes to send and received, hexadecimal.
bool AddQueues(std::string_view field, Queues& queues) {
  const size_t colon = field.find(':');
  if (colon == std::string_view::npos) return false;
  const auto transmit = procfs::ParseHexadecimal(field.substr(0, colon));
  const auto receive = procfs::ParseHexadecimal(field.substr(colon + 1));
  if (!transmit || !receive) return false;
  queues.transmit += *transmit;
  queues.receive += *receive;
  return true;
}

class UdpQueuesCollector final : public Collector {
 public:
  explicit UdpQueuesCollector(const CollectorContext& context)
      : files_{procfs::KernelFile(context.paths.Proc("net/udp"), procfs::KernelFile::Pieces::kShort),
               procfs::KernelFile(context.paths.Proc("net/udp6"), procfs::KernelFile::Pieces::kShort)} {}

  CollectStatus Collect(exposition::Writer& writer) override {
    std::array<std::optional<Queues>, 2> found;
    for (size_t i = 0; i < files_.size(); ++i) {
      const int error = ReadFile(files_[i], 256 << 20, content_);
      if (error == ENOENT) continue;
      if (error != 0) return CollectStatus::Unreadable(files_[i].path(), error);
      found[i] = Queues{.ip = i == 0 ? "v4" : "v6"};
      procfs::Scanner scanner(content_);
      scanner.NextLine();  // the header
      while (scanner.NextLine()) {
        for (int skipped = 0; skipped < 4; ++skipped) scanner.NextField();  // number, both addresses, state
        if (!AddQueues(scanner.NextField(), *found[i]))
          return CollectStatus::Failed("malformed line in " + files_[i].path());
      }
    }
    if (!found[0] && !found[1]) return CollectStatus::NoData("no UDP sockets: " + files_[0].path());
    writer.Family("node_udp_queues", "Number of allocated memory in the kernel for UDP datagrams in bytes.",
                  exposition::MetricType::kGauge);
    for (const auto& queues : found) {
      if (!queues) continue;
      writer.Sample({{"ip", queues->ip}, {"queue", "rx"}}, static_cast<double>(queues->receive));
      writer.Sample({{"ip", queues->ip}, {"queue", "tx"}}, static_cast<double>(queues->transmit));
    }
    return CollectStatus::Ok();
  }

 private:
  std::array<procfs::KernelFile, 2> files_;
  std::string content_;
};

TIDEMARK_COLLECTOR(
    udp_queues, {.name = "udp_queues", .enabled_by_default = true, .flags = {}, .create = Create<UdpQueuesCollector>});

}  // namespace
}  // namespace tidemark::exporter
