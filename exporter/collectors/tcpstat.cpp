// TCP sockets by state and the bytes in their queues, from sock_diag(7).

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "common/file.h"
#include "exporter/collector.h"

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

/// Asks for all sockets of a family and adds them up. Returns 0, or the errno.
int AddSockets(int socket, uint8_t family, Totals& totals) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = ~0U;
  if (::send(socket, &message, sizeof(message), 0) < 0) return errno;
  std::vector<char> buffer(32 * 1024);
  while (true) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    auto left = static_cast<unsigned>(got);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) return 0;
      if (header->nlmsg_type == NLMSG_ERROR) return EIO;
      if (header->nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) return EBADMSG;
      inet_diag_msg socket_info{};
      std::memcpy(&socket_info, NLMSG_DATA(header), sizeof(socket_info));
      if (socket_info.idiag_state < totals.sockets.size()) ++totals.sockets[socket_info.idiag_state];
      totals.transmit_bytes += socket_info.idiag_wqueue;
      totals.receive_bytes += socket_info.idiag_rqueue;
    }
  }
}

class TcpstatCollector final : public Collector {
 public:
  explicit TcpstatCollector(const CollectorContext& context) : has_ipv6_path_(context.paths.Proc("net/tcp6")) {}

  CollectStatus Collect(exposition::Writer& writer) override {
    const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!socket) return CollectStatus::Failed("cannot open a netlink socket: " + ErrnoText(errno));
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    Totals totals;
    if (const int error = AddSockets(socket.get(), AF_INET, totals); error != 0)
      return CollectStatus::Failed("cannot list TCP sockets: " + ErrnoText(error));
    if (::access(has_ipv6_path_.c_str(), F_OK) == 0) {
      if (const int error = AddSockets(socket.get(), AF_INET6, totals); error != 0)
        return CollectStatus::Failed("cannot list TCP sockets of IPv6: " + ErrnoText(error));
    }
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
