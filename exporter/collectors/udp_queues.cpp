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
      : shared_reads_(context.shared_reads),
        files_{procfs::KernelFile(context.paths.Proc("net/udp"), procfs::KernelFile::Pieces::kShort),
               procfs::KernelFile(context.paths.Proc("net/udp6"), procfs::KernelFile::Pieces::kShort)} {}

  CollectStatus Collect(exposition::Writer& writer) override {
    bool has_any = false;
    for (const auto version : {SharedReads::kIpv4, SharedReads::kIpv6}) {
      Queues queues;
      if (!HasNoSockets(version)) {
        const int error = ReadFile(files_[version], 256 << 20, content_);
        if (error == ENOENT) continue;
        if (error != 0) return CollectStatus::Unreadable(files_[version].path(), error);
        if (!AddLines(queues)) return CollectStatus::Failed("malformed line in " + files_[version].path());
      }
      if (!has_any) {
        writer.Family("node_udp_queues", "Number of allocated memory in the kernel for UDP datagrams in bytes.",
                      exposition::MetricType::kGauge);
      }
      has_any = true;
      const char* const ip = version == SharedReads::kIpv4 ? "v4" : "v6";
      writer.Sample({{"ip", ip}, {"queue", "rx"}}, static_cast<double>(queues.receive));
      writer.Sample({{"ip", ip}, {"queue", "tx"}}, static_cast<double>(queues.transmit));
    }
    return has_any ? CollectStatus::Ok() : CollectStatus::NoData("no UDP sockets: " + files_[0].path());
  }

 private:
  bool AddLines(Queues& queues) const {
    procfs::Scanner scanner(content_);
    scanner.NextLine();  // the header
    while (scanner.NextLine()) {
      for (int skipped = 0; skipped < 4; ++skipped) scanner.NextField();  // number, both addresses, state
      if (!AddQueues(scanner.NextField(), queues)) return false;
      for (int skipped = 0; skipped < 4; ++skipped) scanner.NextField();  // timer, retransmissions, user, timeout
      if (scanner.NextField().empty()) return false;                      // a line that is cut short has no inode
    }
    return true;
  }

  /// Whether the kernel counts none. It would look through all of a large table to find none for /proc/net/udp.
  bool HasNoSockets(SharedReads::IpVersion version) {
    const std::string_view none = version == SharedReads::kIpv4 ? "UDP: inuse 0 " : "UDP6: inuse 0\n";
    std::string_view content;
    if (shared_reads_->ReadSockets(version, content) != 0 || !shared_reads_->sockets_file(version).is_kernels())
      return false;
    const size_t begin = content.find(none);
    return begin != std::string_view::npos && begin > 0 && content[begin - 1] == '\n';
  }

  const std::shared_ptr<SharedReads> shared_reads_;
  std::array<procfs::KernelFile, 2> files_;
  std::string content_;
};

TIDEMARK_COLLECTOR(
    udp_queues, {.name = "udp_queues", .enabled_by_default = true, .flags = {}, .create = Create<UdpQueuesCollector>});

}  // namespace
}  // namespace tidemark::exporter
