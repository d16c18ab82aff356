// TCP sockets by state and the bytes in their queues, from sock_diag(7).

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "exporter/collector.h"
#include "exporter/procfs/netlink.h"

namespace tidemark::exporter {
namespace {

/// By the kernel's number of the state (include/net/tcp_states.h), from 1 on.
constexpr std::array<const char*, 13> kStates{nullptr,     "established", "syn_sent",    "syn_recv",   "fin_wait1",
                                              "fin_wait2", "time_wait",   "close",       "close_wait", "last_ack",
                                              "listen",    "closing",     "new_syn_recv"};

struct Totals {
  std::array<double, kStates.size()> sockets{};
  double transmit_bytes = 0;
  double receive_bytes = 0;
};

/// Asks for all sockets of a family and adds them up. \throw std::system_error
void AddSockets(uint8_t family, Totals& totals) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = ~0U;
  procfs::NetlinkDump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request, [&](const nlmsghdr& header) {
    if (header.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) return;
    inet_diag_msg socket{};
    std::memcpy(&socket, NLMSG_DATA(&header), sizeof(socket));
    if (socket.idiag_state < totals.sockets.size()) ++totals.sockets[socket.idiag_state];
    totals.transmit_bytes += socket.idiag_wqueue;
    totals.receive_bytes += socket.idiag_rqueue;
  });
}

class TcpstatCollector final : public Collector {
 public:
  explicit TcpstatCollector(const CollectorContext& context) : has_ipv6_path_(context.paths.Proc("net/tcp6")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    Totals totals;
    AddSockets(AF_INET, totals);
    if (::access(has_ipv6_path_.c_str(), F_OK) == 0) AddSockets(AF_INET6, totals);
    writer.Family("node_tcp_connection_states", "Number of connection states.", exposition::MetricType::kGauge);
    for (size_t state = 1; state < kStates.size(); ++state) {
      if (totals.sockets[state] > 0) writer.Sample({{"state", kStates[state]}}, totals.sockets[state]);
    }
    writer.Sample({{"state", "rx_queued_bytes"}}, totals.receive_bytes);
    writer.Sample({{"state", "tx_queued_bytes"}}, totals.transmit_bytes);
    return CollectStatus::Ok();
  }

 private:
  const std::string has_ipv6_path_;
};

TIDEMARK_COLLECTOR(tcpstat,
                   {.name = "tcpstat", .enabled_by_default = false, .flags = {}, .create = Create<TcpstatCollector>});

}  // namespace
}  // namespace tidemark::exporter
