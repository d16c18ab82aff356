// Echo request and reply: RFC 792, and RFC 4443 section 4 for IPv6.

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>

#include "common/file.h"
#include "exporter/probes/probers.h"
#include "exporter/probes/resolver.h"

namespace tidemark::exporter::probes {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Type, code, checksum, identifier, sequence number, and a mark that the reply brings back.
struct Echo {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t checksum = 0;
  uint16_t identifier = 0;
  uint16_t sequence = 0;
  uint64_t mark = 0;
};
static_assert(sizeof(Echo) == 16);

/// RFC 1071. Of IPv6, and of sockets without rights, the kernel writes it.
uint16_t Checksum(const Echo& echo) {
  std::array<uint16_t, sizeof(Echo) / 2> words{};
  std::memcpy(words.data(), &echo, sizeof(echo));
  uint32_t sum = 0;
  for (const uint16_t word : words) sum += word;
  constexpr unsigned kWordBits = 16;
  while (sum >> kWordBits) sum = (sum & 0xFFFF) + (sum >> kWordBits);
  return static_cast<uint16_t>(~sum);
}

/// A socket that needs no rights where net.ipv4.ping_group_range allows it, else a raw one.
UniqueFd OpenSocket(int family, bool& is_raw) {
  const int protocol = family == AF_INET ? IPPROTO_ICMP : static_cast<int>(IPPROTO_ICMPV6);
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  is_raw = !fd;
  if (is_raw) fd = UniqueFd(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  return fd;
}

/// Whether a packet is the reply to `sent`. A raw socket's has the IP header before it (IPv4), and its identifier as we
/// wrote it.
bool IsReply(std::string_view packet, const Echo& sent, int family, bool is_raw) {
  if (is_raw && family == AF_INET) {
    constexpr unsigned kLengthMask = 0xF;
    if (packet.empty()) return false;
    packet.remove_prefix(std::min<size_t>((static_cast<uint8_t>(packet[0]) & kLengthMask) * 4U, packet.size()));
  }
  Echo reply;
  if (packet.size() < sizeof(reply)) return false;
  std::memcpy(&reply, packet.data(), sizeof(reply));
  const uint8_t type = family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  return reply.type == type && reply.sequence == sent.sequence && reply.mark == sent.mark;
}

}  // namespace

ProbeResult RunIcmpProbe(const ProbeConfig& probe, const std::stop_token& stop) {
  ProbeResult result;
  const auto begin = Clock::now();
  const auto address = Resolver("", false, probe.timeout_ms, stop).Resolve(probe.target, result.error);
  if (!address) return result;
  const double resolved = SecondsSince(begin);
  const int family = address->ss_family;
  bool is_raw = false;
  const UniqueFd fd = OpenSocket(family, is_raw);
  if (!fd) {
    result.error = "not permitted to send ICMP: needs CAP_NET_RAW, or the group in net.ipv4.ping_group_range";
    return result;
  }
  static std::atomic<uint16_t> next_sequence = 0;
  Echo echo{.type = family == AF_INET ? uint8_t{ICMP_ECHO} : uint8_t{ICMP6_ECHO_REQUEST},
            .identifier = static_cast<uint16_t>(::getpid()),
            .sequence = ++next_sequence,
            .mark = std::random_device{}()};
  if (family == AF_INET) echo.checksum = Checksum(echo);
  const double set_up = SecondsSince(begin);
  const socklen_t address_bytes = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (::sendto(fd.get(), &echo, sizeof(echo), 0, reinterpret_cast<const sockaddr*>(&*address), address_bytes) < 0) {
    result.error = "cannot send: " + ErrnoText(errno);
    return result;
  }
  const auto deadline = begin + std::chrono::milliseconds(probe.timeout_ms);
  constexpr int64_t kSliceMs = 100;
  while (!stop.stop_requested()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) break;
    pollfd entry{.fd = fd.get(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, static_cast<int>(std::min(left, kSliceMs)));
    std::array<char, 2048> packet;
    const ssize_t got = ::recv(fd.get(), packet.data(), packet.size(), 0);
    if (got <= 0 || !IsReply({packet.data(), static_cast<size_t>(got)}, echo, family, is_raw)) continue;
    result.phases = {{"resolve", resolved}, {"setup", set_up - resolved}, {"rtt", SecondsSince(begin) - set_up}};
    result.success = true;
    return result;
  }
  result.error = "no reply in time";
  return result;
}

}  // namespace tidemark::exporter::probes
